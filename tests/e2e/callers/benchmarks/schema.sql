create table orders (id bigint primary key generated always as identity, name text not null);
insert into orders (name) select 'order ' || i from generate_series(1, 50) i;
