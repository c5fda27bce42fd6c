// What the names of parameters and the paths before them say. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace hone::ops {

// The last element of a path: "orders" of "/shop/orders/".
std::string_view LastElement(std::string_view path);

// The first one: "orders" of "/orders/lookup".
std::string_view FirstElement(std::string_view path);

// What a parameter may name; `list`: several of them. "customer_id" of "customer_ids", "reference" of "references"; of
// "ids", those of what the path names, plurals before others and the last first: "item_id" and "order_id" of
// "/orders/{id}/items".
std::vector<std::string> Referents(std::string name, bool list, std::string_view path);

// The path without its last element: "/shop/orders/" of "/shop/orders/by-number/".
std::string_view WithoutLastElement(std::string_view path);

// Which of some columns a parameter stands for that a word of its path says more of: "accession_no" for {no} behind
// "by-accession", "reference" for {ref} behind "by-reference", or the only column that ends in "_ref", "tracking_no"
// for {no} behind "track". Empty: none, or several may be meant.
std::string NamedBehind(std::string_view word, std::string_view name, const std::vector<std::string>& columns);

// Whether a word in lower case is the plural of another: "categories" of "category".
bool IsPlural(std::string_view plural, std::string_view singular);

// "venue" and "slug" of "venue_slug", "parcel" and "no" of "parcelNo": what is named by one of its texts. Empty parts:
// it is no such name.
struct PartOfThing {
  std::string thing = {};  // in lower case
  std::string part = {};
};
PartOfThing PartNamed(std::string_view name);

// "deliveryno" of "deliveryNo" and "delivery_no": what names are compared by where one is Go's and one SQL's.
std::string WithoutCase(std::string_view name);

// Whether a name is a password's: "password", "newPassword", "passphrase".
bool IsPassword(std::string_view name);

// "order" of "order_id", "orderId" and "orderID"; empty if it is only an id, or none.
std::string WithoutId(std::string_view name);

}  // namespace hone::ops
