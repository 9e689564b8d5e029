"""TensorBoard's event files: read without TensorFlow and without TensorBoard.

Hitherto the reader of single files (:mod:`aim.importers.tensorboard.event_file`).
"""
