-- Jobs of Flatfile's doors that wait for others to be complete (its predecessorIds). A row goes when its predecessor is
-- complete, or when the job ends; the job is what `phase` says once it has none.
create table headrace.flatfile_followers (
    job_id         uuid not null,
    predecessor_id uuid not null,
    app            text not null,
    phase          text not null check (phase in ('created', 'planning', 'ready')),
    primary key (job_id, predecessor_id)
);
create index flatfile_followers_predecessor on headrace.flatfile_followers (predecessor_id);
