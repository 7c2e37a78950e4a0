raise ImportError('not the real numpy')
