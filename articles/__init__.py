"""Sources, articles and tags: from ingest through the desk to the reader's page."""
