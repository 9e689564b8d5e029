"""Answers about a repo, without HTTP: for the web server, apps and notebooks.

A :class:`~aim.explore.service.Service` opens the index of a repo and keeps it up to date; it gives a
:class:`~aim.explore.view.View`, and every answer is a function of a view that returns plain data, in the form that
docs/api.md describes::

    from aim.explore.curves.charts import ChartRequest, frames
    from aim.explore.curves.sequences import find_sequences
    from aim.explore.service import Service
    from aim.explore.tables.search import RunSearch, runs_page

    service = Service(layout)
    service.start()
    view = service.view()  # waits a moment for the first catch-up
    page = runs_page(view, RunSearch("params.lr > 0.01"), columns=["params.lr", "metric:loss|{}|last"])
    loss = find_sequences(view, "loss")["sequences"]
    chart = b"".join(frames(view, ChartRequest([sequence["id"] for sequence in loss])))
    service.close()

==================  ==================================================================================================
``tables``          the runs table: ``search.search_runs``, ``runs_page``, ``run_columns``, ``column_spread``;
                    ``export.export_runs``
``curves``          charts: ``sequences.find_sequences``, ``charts.frames``, ``charts.read_point``
``pages``           single pages: ``home.home_answer``, ``run.run_answer``, ``headline.find_headlines``,
                    ``near_runs.near_runs``
``completion``      completing a query: ``names.matching_names``, ``values.matching_values``
``caches``          what may be handed to those that search, to keep answers between questions
``encoding``        JSON with NaN, infinities and long integers in marked forms
==================  ==================================================================================================

A contract forbids imports of the web layers and of their frameworks, and a test asks all of this without them.
"""
