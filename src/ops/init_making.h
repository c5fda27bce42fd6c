// A [[scenario]] of hone.toml in the making: its request, and the variables that give it values. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "golang/inspection.h"
#include "ops/init_body.h"
#include "ops/init_lists.h"
#include "ops/init_operations.h"
#include "ops/request_examples.h"
#include "ops/schema_tables.h"
#include "project/project.h"

namespace hone::ops {

// Values of a parameter that documents show, and where the first of them stands.
struct ShownValues {
  std::vector<std::string> values = {};
  std::string origin = {};
};

struct Making {
  std::string name = {};  // empty: the endpoint's
  std::string path = {};
  std::string query = {};
  std::string body = {};
  std::string body_origin = {};                // where it is shown, if it is not made up
  std::vector<std::string> headers = {};       // "If-Match = \"${etag}\""
  std::vector<std::string> vars = {};          // "n = { ... }  # why"
  std::vector<std::string> names = {};         // of the variables
  std::string obstacle = {};                   // why it cannot be driven; empty if it can
  std::optional<project::Within> within = {};  // what values of other tables' columns must belong to
  bool within_header = false;                  // a header says so: lists may be asked for by others
};

// What is known of a scenario's route, and of what may give it values.
struct RouteContext {
  const golang::Route& route;
  const std::vector<const golang::Route*>& routes;  // all of the service
  const Lists& lists;
  const std::vector<SchemaTable>& tables;
  const golang::Operation* operation = nullptr;  // of an OpenAPI document; nullptr: none has it
  std::vector<Example<Pairs>> queries = {};      // in documents, sources and tests
  std::vector<RequestExample> requests = {};     // in documents
  // Of parameters in documented paths of all routes, by the template up to the parameter's end: "/orgs/{org}".
  std::map<std::string, ShownValues> scopes = {};
  std::string password = {};    // of the account that asks; empty: it is not known
  std::string repeat_key = {};  // the header by which middleware tells a request that is sent again; empty: none
  std::set<std::string> answered = {};  // types within the answers of all routes, without [] and *
};

// Whether a request makes another `thing` ("venue" or "venues") or changes one, as far as its path tells.
bool MakesOne(const golang::Route& route, std::string_view thing);
// Whether a request makes rows of a table: "/venues", "/venues/import".
bool MakesMany(const golang::Route& route, std::string_view table);

// A name for a variable, like the wanted one, that no other has.
std::string UniqueName(std::string wanted, Making& making);

// Each makes a variable, called like `wanted`, and gives what stands for it: "${order_id}".
// With values out of a list endpoint's answers.
std::string FromList(const std::string& wanted, const ListValue& list, Making& making);
// With the values that the database has.
std::string FromColumn(const std::string& wanted, const project::OfColumn& of, Making& making);
// With whole numbers from first to last.
std::string Ranged(const std::string& wanted, int64_t first, int64_t last, std::string_view why, Making& making);
// With a value of an OpenAPI document.
std::string FromDocument(const std::string& wanted, const ShownValue& shown, Making& making);
// With values that documents show; `origin` may be empty.
std::string Listed(const std::string& wanted, const std::vector<std::string>& values, const std::string& origin,
                   Making& making);
// With values for the first of `referents` that another list's answers or the database has, whole numbers or `texts`;
// `list`: for the elements of a list. Empty: none has. What names a thing itself must be another one for each new
// thing: there the route's own list is no source.
std::optional<std::string> FromReferents(const RouteContext& context, const std::vector<std::string>& referents,
                                         bool texts, bool list, Making& making);
// The size variable with these sizes, and under load the largest that is at most `preset`, or else one in the middle.
std::string Sized(const std::string& wanted, const std::vector<int64_t>& sizes, int64_t preset, Making& making);
// The size variable `name` (of UniqueName) of a list with so many of `item`, with `join` between (empty: commas); made
// before the variables in the item.
void AddItems(const std::string& name, const std::vector<int64_t>& sizes, const std::string& item, Making& making,
              const std::string& join = {});

// Adds "name=value" to the query.
void Append(const std::string& name, const std::string& value, Making& making);

// Whether it has a size variable; a scenario has one at most.
bool HasSize(const Making& making);

// The sizes of lists that are asked for, within what the rules allow; empty where they are too few to tell how
// something grows.
std::vector<int64_t> ListSizesWithin(const Rules& rules);
// Those of a page or limit; up to `preset`, what is listed where nobody says how much, if that is more than usual.
std::vector<int64_t> SizesWithin(const Rules& rules, int64_t preset = 0);

// Whether a parameter of that type (as the code reads it; empty: not known) and name is a number.
bool IsNumeric(std::string_view type, std::string_view name);

// Documents show what there is something to see of: those values of the last variable are asked for, too, where it
// takes others out of the database or answers.
void AlsoAskFor(const std::vector<std::string>& shown, Making& making);

}  // namespace hone::ops
