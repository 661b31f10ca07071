-- A message that the broker refuses must not hold up the others: it is put aside for a while, with the reason.
alter table headrace.outbox
    add column failures integer not null default 0,
    add column error    text,
    add column next_at  timestamptz not null default clock_timestamp();
create index outbox_next on headrace.outbox (next_at);
