// Which endpoint's answers hold values for another endpoint's parameters.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "golang/inspection.h"

namespace hone::ops {

// Values out of an endpoint's answers: for hone.toml's { from = endpoint, pointer = pointer }.
struct ListValue {
  std::string endpoint = {};  // "GET /orders"
  std::string pointer = {};   // "/items/*/id"
};

// Whether a route with a parameter such as q finds nothing without it: it is refused, or the path says that it
// searches.
bool IsSearch(const golang::Route& route);

// The text without which a route finds nothing whose path says that it looks one thing up ("/customers/lookup",
// "/parts/by-number"): its only parameter of a text; empty for others.
std::string LookedUpBy(const golang::Route& route);

class Lists {
 public:
  // Looks for GET routes that need no parameters and answer with a list of objects, and then for those within one
  // object whose own list is known: the items in "GET /orders/{id}". Parameters that always have the same value
  // (`fixed`: templates up to their ends) count as none. The routes must outlive it.
  explicit Lists(const std::vector<const golang::Route*>& routes, const std::set<std::string>& fixed = {});

  // For the path parameter `name` of `route` after `before` ("/orders/"): the list of that collection, the one with the
  // most similar path.
  std::optional<ListValue> ForPath(const golang::Route& route, std::string_view before, std::string_view name) const;
  // The same, but of no other collection's list.
  std::optional<ListValue> OfCollection(const golang::Route& route, std::string_view before,
                                        std::string_view name) const;
  // For a query parameter or body field: "category" and "category_id" from the categories, "sku" from a list whose
  // elements have one, "venue_slug" from the venues. `text`: a number will not do, so that a category is its slug or
  // code, where it has one.
  std::optional<ListValue> ForName(std::string_view name, bool text = false) const;
  // Names or titles: texts that are found when they are searched for, those of the collection that is searched first
  // ("/drivers/search", "/items").
  std::optional<ListValue> AnyText(std::string_view path) const;

  // A guess for {no} behind "/orders/by-tracking/": the orders' field that is called so (NamedBehind).
  std::optional<ListValue> BehindWord(std::string_view before, std::string_view name) const;

 private:
  struct Source {
    std::string endpoint = {};
    std::string path = {};
    std::string collection = {};  // the last element of the path, in lower case
    std::string prefix = {};      // of the pointer: "/items/*"
    const std::vector<golang::Field>* fields = nullptr;
    std::string member = {};  // that holds the list: "items"
    int rank = 0;             // see Lists()
  };
  void AddSources(const golang::Route& route, int rank);
  void AddArrays(Source source, const std::vector<golang::Field>& fields, const std::string& prefix, int depth);
  std::optional<ListValue> ForCollection(const golang::Route& route, std::string_view collection,
                                         std::string_view name) const;
  static std::optional<ListValue> Pick(const Source& source, std::string_view field);
  std::vector<Source> sources_ = {};
};

}  // namespace hone::ops
