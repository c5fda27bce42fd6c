// Which tables of the service's database refer to another one.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "pg/connection.h"

namespace hone::ops {

// Sends one SELECT to the service's database.
using AskFunction = std::function<base::Result<pg::Rows>(const std::string& text)>;

struct TableReference {
  std::string from = {};    // the table that refers, with its schema, quoted
  std::string column = {};  // its column, quoted
  std::string key = {};     // the column that it refers to, quoted
  std::string table = {};   // `from` as it is called, without its schema
  bool to_itself = false;
};

// A table's name, with its schema where that stands there, as statements take it.
std::string QuotedTable(const std::string& table);

// A name that statements take without its quotes.
std::string Unquoted(std::string name);

// A table as TableReference::from has it; empty where there is none.
base::Result<std::string> FullName(const AskFunction& ask, const std::string& table);

// The reference of a table (FullName); nullptr: it has none.
const TableReference* ReferenceOf(const std::vector<TableReference>& references, const std::string& from);

// By foreign keys of one column, and by columns that are called so ("order_id" to orders.id, "terminal_code" to
// terminals.code, which is unique) and have a type like that of the other, by their tables' names. `table` as CREATE
// TABLE has it. Empty where there is no such table.
base::Result<std::vector<TableReference>> ReferencesTo(const AskFunction& ask, const std::string& table);

// Whether a path holds an element that a table is called after: "/lines" behind a hire is hire_lines.
bool NamesTable(std::string_view path, const std::string& table);

}  // namespace hone::ops
