-- How many large objects of deleted files are gone, of those that a statement has left for later.
select headrace.unlink_remains($1)
