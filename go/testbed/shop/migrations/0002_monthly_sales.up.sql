-- The books of a month are closed on its last day; close_months is run by the bookkeeping job afterwards.
create table monthly_sales (
    month         date primary key,
    orders        bigint not null,
    customers     bigint not null,
    cities        bigint not null,
    products      bigint not null,
    units         bigint not null,
    revenue_cents bigint not null
);

create function close_months(until date) returns void language sql as $$
    insert into monthly_sales (month, orders, customers, cities, products, units, revenue_cents)
    select date_trunc('month', o.placed_at at time zone 'UTC')::date,
           count(distinct o.id), count(distinct o.customer_id), count(distinct c.city), count(distinct l.product_id),
           sum(l.quantity), sum(l.quantity * l.unit_price_cents)
    from orders o
    join customers c on c.id = o.customer_id
    join order_lines l on l.order_id = o.id
    where o.status <> 'cancelled' and o.placed_at < until
    group by 1
    on conflict (month) do nothing
$$;
