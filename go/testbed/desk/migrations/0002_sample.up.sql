-- What every new installation begins with, so that there is something to click through.
insert into agents (name, team)
select 'Agent ' || i, (array['first line', 'billing', 'returns'])[1 + i % 3]
from generate_series(1, 60) i;

insert into customers (name, email)
select 'Customer ' || i, 'c' || i || '@example.com'
from generate_series(1, 120) i;

insert into tickets (customer_id, agent_id, subject, status, due_at)
select 1 + (i * 7) % 120,
       case when (i * 2654435761) % 5 < 2 then null else 1 + (i * 11) % 60 end,
       'Ticket ' || i || ' about ' || (array['a late parcel', 'an invoice', 'a broken lid', 'an address'])[1 + i % 4],
       (array['open', 'open', 'waiting', 'closed'])[1 + i % 4],
       timestamptz '2025-03-01 09:00+00' + i * interval '1 hour'
from generate_series(1, 300) i;

insert into messages (ticket_id, author, body)
select t.id, case when n = 1 then 'customer' else 'agent' end, 'Message ' || n || ' on ticket ' || t.id
from tickets t, generate_series(1, 4) n
where n <= 2 + t.id % 3
order by t.id, n;

insert into attachments (message_id, name, bytes)
select m.id, 'photo-' || m.id || '-' || n || '.jpg', 1000 + 37 * m.id
from messages m, generate_series(1, 2) n
where n <= m.id % 3
order by m.id, n;

insert into tags (name)
select 'tag ' || i from generate_series(1, 12) i;

insert into ticket_tags (ticket_id, tag_id)
select t.id, 1 + (t.id * k) % 12
from tickets t, (values (5), (7)) as f (k)
on conflict do nothing;

insert into macros (body)
select 'Dear customer, this is answer ' || i from generate_series(1, 80) i;

insert into settings (name, value)
values ('signature', 'Your help desk'), ('office hours', '9 to 17'), ('language', 'en');

analyze;
