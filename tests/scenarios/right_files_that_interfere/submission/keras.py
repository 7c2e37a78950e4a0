Sequential = None
