"""TensorBoard's event files: read without TensorFlow and without TensorBoard.

:class:`aim.importers.tensorboard.source.TensorBoardSource` presents folders of them to the index in place,
:func:`aim.importers.tensorboard.event_file.read_event_file` reads one file.
"""
