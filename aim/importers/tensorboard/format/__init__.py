"""The format of event files: records, messages, scalars and tensors. Knows nothing about runs."""
