-- The turn of this transaction to write into the feed of an app: the last lock that it takes.
select pg_advisory_xact_lock(hashtextextended('headrace flatfile ' || $1, 82))
