-- Sleeps `ms` while at most four sessions do; each further one makes a sleep that begins then 1.6 times as long.
create function crowd(ms integer) returns void language plpgsql as $$
declare
  others integer;
begin
  select count(*) into others from pg_stat_activity where state = 'active' and query like 'select crowd(%';
  perform pg_sleep(ms / 1000.0 * 1.6 ^ greatest(others - 4, 0));
end $$;
