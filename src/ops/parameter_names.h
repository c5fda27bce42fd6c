// What the names of parameters and the paths before them say. Pure.
#pragma once

#include <string>
#include <string_view>

namespace hone::ops {

// The last element of a path: "orders" of "/shop/orders/".
std::string_view LastElement(std::string_view path);

// The first one: "orders" of "/orders/lookup".
std::string_view FirstElement(std::string_view path);

// What a parameter names; `list`: several of them. "customer_id" of "customer_ids", "reference" of "references"; of
// "ids", that of what the path begins with: "order_id" of "/orders/lookup".
std::string ReferredTo(std::string name, bool list, std::string_view path);

// "order" of "order_id", "orderId" and "orderID"; empty if it is only an id, or none.
std::string WithoutId(std::string_view name);

}  // namespace hone::ops
