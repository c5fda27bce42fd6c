-- 400 assignees with 100 tickets each.
insert into tickets (assignee, region, city, subject, body, opened_at)
select 'agent-' || n % 400, 'region-' || n % 5, 'city-' || n % 100, 'Printer ' || md5(n::text) || ' does not print',
       repeat(md5((n * 7)::text), 3), timestamptz '2026-01-01' + n * interval '1 minute'
from generate_series(1, 40000) n;

insert into tickets_v2 select * from tickets;
select setval(pg_get_serial_sequence('tickets_v2', 'id'), 40000);

insert into playbooks
select 'playbook-' || n, (select jsonb_agg(1000 * n + i) from generate_series(1, 12) i) from generate_series(1, 9) n;

insert into reminders select n, 7 * n, timestamptz '2026-01-01' + n * interval '1 hour' from generate_series(1, 2000) n;
insert into reminders_v2 select * from reminders;

insert into articles select n, 'Article ' || n, repeat(md5(n::text) || ' ', 60 + n % 40) from generate_series(1, 300) n;

-- 30 teams of 4 to 33 members, whose numbers tell nothing; each can do 30 of 600 things.
insert into teams select 'team-' || n from generate_series(1, 30) n;
insert into members select 7919 * m % 10007 + 10007 * n, 'team-' || n from generate_series(1, 30) n, generate_series(1, n + 3) m;
insert into skills select n, 'skill-' || n from generate_series(1, 600) n;
insert into team_skills select 'team-' || n, (n * 20 + m * 7) % 600 + 1 from generate_series(1, 30) n, generate_series(1, 30) m;

-- Versions that tell nothing of the desk.
insert into desks select 700 + n, 'team-' || n, n * 37 % 101 + 1 from generate_series(1, 30) n;

-- 40 shifts of each team, of which eight are still to come.
insert into shifts select 70001 + 13 * (n * 40 + m), 'team-' || n, case m % 5 when 0 then 'planned' when 1 then 'missed' else 'worked' end
from generate_series(1, 30) n, generate_series(1, 40) m;

insert into cards select 30000 + 7 * n, 0 from generate_series(1, 400) n;

-- 12 lines with 20 calls each, a call with 0 to 19 notes, and a message to each third.
insert into lines select n from generate_series(1, 12) n;
insert into calls select 5003 + n * 11, n % 12 + 1, 'n' || md5(n::text) from generate_series(1, 240) n;
insert into call_notes select 100000 + row_number() over (order by c.id, m), c.id, 'note ' || m
from calls c, generate_series(1, 19) m where m <= (c.id / 11) / 12 % 20;
insert into messages select id + 7, line_id, id from calls where (id / 11) % 3 < 2;
