"""The files of a segment: what they look like, how they are written, how they are read.

Nothing here knows Whoosh, and none of it is a pickle.
"""
