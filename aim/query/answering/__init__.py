"""Answering queries: SQL that narrows, the evaluator that decides, rows whose details are read when used."""
