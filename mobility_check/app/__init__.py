"""The app: a local web page over the pipeline, the live check, the history, the report and the batch."""
