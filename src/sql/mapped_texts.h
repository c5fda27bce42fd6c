// Values in the texts of statements that an object-relational mapper writes: one choice of a service's, and not one of
// each statement.
#pragma once

#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "evidence/model.h"
#include "sql/exchange.h"
#include "sql/rules.h"

namespace hone::sql {

// Whether a mapper wrote a normalised text: mappers put every table and column in double quotes, people only what needs
// them ("user", "order"). Pure.
bool IsWrittenByMapper(std::string_view text);

// Whether the lists of values in such a statement were written by a person, who does not put the column's name in
// quotes: `Where("id IN ?", ids)`. Not where the mapper has one in it as well: which of them varies is not known.
bool HasOwnList(std::string_view text);

// How many of the statements, by Query::id, are sent with values in their texts, over all exchanges: each counts once.
int64_t MappedStatements(const std::vector<Exchange>& exchanges, const std::set<std::string, std::less<>>& ids);

// Gathers what is told of such texts at one endpoint after the other.
class MappedTexts {
 public:
  // Takes it out of the judgement of an exchange, the capture of which its findings name.
  void TakeFrom(evidence::Judgement& judgement, const Exchange& exchange, const RuleOptions& options);

  // As it was told, where it is little; otherwise one finding, at the statement with the most texts.
  std::vector<evidence::FindingDraft> Told(const RuleOptions& options) &&;

 private:
  std::vector<evidence::FindingDraft> drafts_ = {};
  std::set<std::string, std::less<>> ids_ = {};  // of their statements
  size_t most_ = 0;                              // index of the one with the most texts
  int64_t texts_ = 0;
};

}  // namespace hone::sql
