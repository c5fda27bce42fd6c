create table customers (id bigint primary key generated always as identity, name varchar not null);
create table orders (id bigint primary key generated always as identity, title varchar not null, customer_orders bigint not null references customers);
insert into customers (name) select 'customer ' || i from generate_series(1, 50) i;
insert into orders (title, customer_orders) select 'order ' || i, 51 - i from generate_series(1, 50) i;
