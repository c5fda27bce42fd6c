#include "sql/plan.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>

#include "sql/lexer.h"

namespace hone::sql {
namespace {

constexpr size_t kMaxNodes = 10'000;
constexpr int64_t kBlockBytes = 8192;  // BLCKSZ as every distribution builds it
constexpr double kMostNumber = 1e15;   // no count of rows or blocks is larger; keeps sums and conversions exact

const nlohmann::json* Member(const nlohmann::json& object, const char* name) {
  const auto it = object.find(name);
  return it == object.end() ? nullptr : &*it;
}

std::string TextMember(const nlohmann::json& object, const char* name) {
  const nlohmann::json* member = Member(object, name);
  return member != nullptr && member->is_string() ? member->get<std::string>() : std::string();
}

double Number(const nlohmann::json& object, const char* name) {
  const nlohmann::json* member = Member(object, name);
  const double value = member != nullptr && member->is_number() ? member->get<double>() : 0;
  return std::isfinite(value) ? std::clamp(value, 0.0, kMostNumber) : 0;
}

int64_t Count(const nlohmann::json& object, const char* name) { return static_cast<int64_t>(Number(object, name)); }

// A condition or key without its values.
std::string Redacted(const std::string& condition) { return condition.empty() ? "" : Normalize(condition).text; }

std::vector<std::string> Keys(const nlohmann::json& object, const char* name) {
  std::vector<std::string> keys;
  const nlohmann::json* member = Member(object, name);
  if (member == nullptr || !member->is_array()) return keys;
  for (const nlohmann::json& key : *member) {
    if (key.is_string()) keys.push_back(Redacted(key.get<std::string>()));
  }
  return keys;
}

PlanNode NodeOf(const nlohmann::json& json, int32_t parent) {
  PlanNode node;
  node.parent = parent;
  node.type = TextMember(json, "Node Type");
  node.role = TextMember(json, "Parent Relationship");
  node.schema = TextMember(json, "Schema");
  node.table = TextMember(json, "Relation Name");
  node.alias = TextMember(json, "Alias");
  node.index = TextMember(json, "Index Name");
  node.filter = Redacted(TextMember(json, "Filter"));
  node.index_condition = Redacted(TextMember(json, "Index Cond"));
  node.join_condition = Redacted(TextMember(json, Member(json, "Hash Cond") != nullptr ? "Hash Cond" : "Merge Cond"));
  node.join_filter = Redacted(TextMember(json, "Join Filter"));
  node.sort_keys = Keys(json, "Sort Key");
  node.presorted_keys = Keys(json, "Presorted Key");
  node.estimated_rows = Number(json, "Plan Rows");
  node.rows = Number(json, "Actual Rows");
  node.loops = Number(json, "Actual Loops");
  node.removed_by_filter = Number(json, "Rows Removed by Filter");
  node.removed_by_join_filter = Number(json, "Rows Removed by Join Filter");
  node.removed_by_recheck = Number(json, "Rows Removed by Index Recheck");
  node.time_ms = Number(json, "Actual Total Time");
  node.shared_hit_blocks = Count(json, "Shared Hit Blocks");
  node.shared_read_blocks = Count(json, "Shared Read Blocks");
  node.temp_read_blocks = Count(json, "Temp Read Blocks");
  node.temp_written_blocks = Count(json, "Temp Written Blocks");
  node.sort_method = TextMember(json, "Sort Method");
  node.sort_kb = Count(json, "Sort Space Used");
  node.sort_on_disk = TextMember(json, "Sort Space Type") == "Disk";
  node.hash_batches = Count(json, "Hash Batches");
  node.peak_memory_kb = Count(json, "Peak Memory Usage");
  node.disk_kb = Count(json, "Disk Usage");
  return node;
}

std::vector<KeyCheck> KeyChecksOf(const nlohmann::json& document) {
  std::vector<KeyCheck> checks;
  const nlohmann::json* triggers = Member(document, "Triggers");
  if (triggers == nullptr || !triggers->is_array()) return checks;
  for (const nlohmann::json& trigger : *triggers) {
    const std::string constraint = TextMember(trigger, "Constraint Name");
    if (!constraint.empty()) checks.push_back({constraint, Number(trigger, "Time"), Number(trigger, "Calls")});
  }
  return checks;
}

std::unexpected<base::Error> NoPlan(const char* what) {
  return base::Fail(base::Code::kInput, std::string("This is no plan of EXPLAIN (FORMAT JSON): ") + what);
}

}  // namespace

base::Result<Plan> ParseExplain(std::string_view json) {
  const nlohmann::json document = nlohmann::json::parse(json, nullptr, false);
  if (document.is_discarded() || !document.is_array() || document.empty() || !document[0].is_object())
    return NoPlan("not a list of objects");
  const nlohmann::json* root = Member(document[0], "Plan");
  if (root == nullptr || !root->is_object()) return NoPlan("no Plan");
  Plan plan;
  plan.planning_ms = Number(document[0], "Planning Time");
  plan.execution_ms = Number(document[0], "Execution Time");
  plan.key_checks = KeyChecksOf(document[0]);
  // Without recursion: hostile depth must not end the program.
  std::vector<std::pair<const nlohmann::json*, int32_t>> waiting = {{root, kNoParent}};
  while (!waiting.empty()) {
    const auto [json_node, parent] = waiting.back();
    waiting.pop_back();
    if (plan.nodes.size() >= kMaxNodes) return NoPlan("too many nodes");
    const auto index = static_cast<int32_t>(plan.nodes.size());
    plan.nodes.push_back(NodeOf(*json_node, parent));
    const nlohmann::json* children = Member(*json_node, "Plans");
    if (children == nullptr || !children->is_array()) continue;
    for (size_t i = children->size(); i > 0; --i) {
      if ((*children)[i - 1].is_object()) waiting.emplace_back(&(*children)[i - 1], index);
    }
  }
  return plan;
}

int64_t SpilledBytes(const Plan& plan) {
  // A node's blocks hold those of its children: the root's are all. Each block is written once, whatever is read back.
  return plan.nodes.empty() ? 0 : plan.nodes.front().temp_written_blocks * kBlockBytes;
}

double EstimateError(const PlanNode& node) {
  const double rows = std::max(1.0, node.rows);
  const double estimate = std::max(1.0, node.estimated_rows);
  return std::max(rows, estimate) / std::min(rows, estimate);
}

}  // namespace hone::sql
