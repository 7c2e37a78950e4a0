"""UNTRUSTED SIDE: runs a student's functions and writes down what they return.

Student code runs in this process, so nothing that it hands over is trusted. It imports nothing of ours
but `autograder.inputs`, holds no secret and knows no expected value.
"""
