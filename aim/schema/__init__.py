"""The vocabulary that all layers share: names, contexts, records, events. No I/O, standard library only."""
