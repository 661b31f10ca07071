-- When somebody last looked, for the feed of an app, for changes that nobody had told. However many listeners poll, one of
-- them looks: with 100,000 jobs that wait, a look takes 50 ms.
create table headrace.flatfile_feeds (
    app       text        primary key,
    looked_at timestamptz not null
) with (fillfactor = 50);
