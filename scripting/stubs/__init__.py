"""`sys` as scripts see it, in both languages. `api` is the table that both follow."""
