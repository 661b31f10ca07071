-- Every worker asks for the age of the oldest message twice a second: without this it read the whole backlog.
create index outbox_created on headrace.outbox (created_at);
