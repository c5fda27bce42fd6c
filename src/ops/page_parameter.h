// Which page an endpoint is asked for, by a parameter in the query of its path. Pure.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "project/scenario.h"
#include "project/template.h"
#include "sql/paging.h"

namespace hone::ops {

// What parameters for a page's number, and for the rows before it, are called; in lower case.
inline constexpr std::array<std::string_view, 5> kPageNames = {"page", "p", "page_number", "pagenumber", "pageno"};
inline constexpr std::array<std::string_view, 3> kOffsetNames = {"offset", "skip", "start"};

struct PageParameter {
  std::string name = {};
  int64_t value = 0;  // that was asked for
  size_t at = 0;      // where the value stands in the path's source, a number or a variable
  size_t length = 0;
};

// "page=1", "p=${page}" or "offset=0" in a scenario's path; empty: there is no such parameter.
std::optional<PageParameter> FindPageParameter(const project::Template& path, const project::Assignment& assignment);

// The value for the last full page of `rows` rows, where `page` is what was read for the parameter's value. Empty: they
// do not fit together, or that is the last one.
std::optional<int64_t> LastPage(const PageParameter& parameter, const sql::Page& page, int64_t rows);

// The path with another value of the parameter.
base::Result<project::Template> WithPage(const project::Template& path, const PageParameter& parameter, int64_t value);

}  // namespace hone::ops
