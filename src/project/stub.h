// What a stub answers: written and recorded answers, and which of them a request gets.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "project/project.h"
#include "project/template.h"

namespace hone::project {

// Whether `path` may stand in a [[stub.answer]]; otherwise what is wrong with it, as the end of "`path` ...".
std::optional<std::string> WrongPattern(std::string_view path);

// The names of its {wildcards}.
std::vector<std::string> WildcardsOf(std::string_view path);

// The first answer that matches a request, and what stands at its wildcards (decoded). Elements of the path are
// compared decoded; {name} is any element that is not empty, * all that remains. Every field of the pattern's query
// must stand in the request's, with that value (or any, for *). GET answers HEAD too.
struct StubMatch {
  size_t answer = 0;
  Values wildcards = {};
};
std::optional<StubMatch> MatchStub(const std::vector<StubAnswer>& answers, std::string_view method,
                                   std::string_view target);

// The answers of a recording (HTTP Archive 1.2), of all hosts, in its order. kInput where it is none. Source:
// http://www.softwareishard.com/blog/har-12-spec/
base::Result<std::vector<StubAnswer>> ParseHar(std::string_view text);

// The stub's answers with their `bytes`: its files are read here. kNotFound, kInput or as base::ReadFile; the sentence
// names the line of hone.toml.
base::Result<std::vector<StubAnswer>> ReadAnswers(const Stub& stub);

// A request's path as reports may show it, and as it may stand in a [[stub.answer]]: without its query, and with {id}
// for elements that look like a value (with digits, long, or with other characters than names have).
std::string ShownPath(std::string_view target);

}  // namespace hone::project
