"""How notebooks are executed.

processes.py   several at a time, each in a process of its own
kernel.py      what such a process does: papermill, with the kernel of this interpreter
"""
