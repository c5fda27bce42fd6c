// Splits SQL files into statements and keeps the part that migrates up. Pure text.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace hone::pg {

// One statement of a file; `line` counts from 1.
struct SqlStatement {
  std::string_view text = {};  // without the semicolon
  size_t line = 1;
};

// Splits at semicolons outside of '...', E'...', "...", $tag$...$tag$, comments, parentheses and BEGIN ATOMIC bodies.
// Statements of blanks and comments alone are left out. Views into `text`.
std::vector<SqlStatement> SplitStatements(std::string_view text);

// The length of the comment, string or quoted name at the front of `text`, which is not empty; 0 if there is none. An
// unfinished one takes all. `before` is the character that stands before it.
size_t OpaqueLength(std::string_view text, char before);

// The part of a migration file that goes up: for goose files, what is between "-- +goose Up" and "-- +goose Down" (line
// numbers are kept: the rest becomes empty lines); any other file entire.
std::string UpPart(std::string_view file);

// Whether any statement refuses to run inside a transaction block, or the file says so ("-- +goose NO TRANSACTION").
bool NeedsNoTransaction(std::string_view text);

}  // namespace hone::pg
