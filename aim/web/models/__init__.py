"""The shapes of the API's requests and answers: they check what comes in and describe what goes out."""
