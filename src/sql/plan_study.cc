#include "sql/plan_study.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "sql/json_capture.h"

namespace hone::sql {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kPlanFormat = "hone.pg.plan/1";

Json ToJson(const PlanNode& n) {
  return {n.parent,
          n.type,
          n.role,
          n.schema,
          n.table,
          n.alias,
          n.index,
          n.filter,
          n.index_condition,
          n.join_condition,
          n.join_filter,
          n.sort_keys,
          n.presorted_keys,
          n.estimated_rows,
          n.rows,
          n.loops,
          n.removed_by_filter,
          n.removed_by_join_filter,
          n.removed_by_recheck,
          n.time_ms,
          n.shared_hit_blocks,
          n.shared_read_blocks,
          n.temp_read_blocks,
          n.temp_written_blocks,
          n.sort_method,
          n.sort_kb,
          n.sort_on_disk,
          n.hash_batches,
          n.peak_memory_kb,
          n.disk_kb};
}

// Takes the elements of an array one after the other.
class ArrayElements {
 public:
  explicit ArrayElements(const Json& array) : array_(&array) {}
  template <typename T>
  void Take(T& value) {
    value = array_->at(next_++).get<T>();
  }
  template <typename... T>
  void TakeAll(T&... values) {
    (Take(values), ...);
  }

 private:
  const Json* array_;
  size_t next_ = 0;
};

PlanNode NodeFrom(const Json& json) {
  PlanNode n;
  ArrayElements(json).TakeAll(n.parent, n.type, n.role, n.schema, n.table, n.alias, n.index, n.filter,
                              n.index_condition, n.join_condition, n.join_filter, n.sort_keys, n.presorted_keys,
                              n.estimated_rows, n.rows, n.loops, n.removed_by_filter, n.removed_by_join_filter,
                              n.removed_by_recheck, n.time_ms, n.shared_hit_blocks, n.shared_read_blocks,
                              n.temp_read_blocks, n.temp_written_blocks, n.sort_method, n.sort_kb, n.sort_on_disk,
                              n.hash_batches, n.peak_memory_kb, n.disk_kb);
  return n;
}

Json ToJson(const Plan& plan) {
  Json nodes = Json::array();
  for (const PlanNode& node : plan.nodes) nodes.push_back(ToJson(node));
  Json json = {{"planning_ms", plan.planning_ms}, {"execution_ms", plan.execution_ms}, {"nodes", std::move(nodes)}};
  for (const KeyCheck& check : plan.key_checks)
    json["key_checks"].push_back(
        {{"constraint", check.constraint}, {"time_ms", check.time_ms}, {"calls", check.calls}});
  return json;
}

Plan PlanFrom(const Json& json) {
  Plan plan;
  plan.planning_ms = json.at("planning_ms").get<double>();
  plan.execution_ms = json.at("execution_ms").get<double>();
  for (const Json& each : json.value("key_checks", Json::array())) {
    KeyCheck& check = plan.key_checks.emplace_back();
    each.at("constraint").get_to(check.constraint);
    each.at("time_ms").get_to(check.time_ms);
    each.at("calls").get_to(check.calls);
  }
  for (const Json& node : json.at("nodes")) {
    plan.nodes.push_back(NodeFrom(node));
    const int32_t parent = plan.nodes.back().parent;
    const auto index = static_cast<int32_t>(plan.nodes.size()) - 1;
    // Parents stand before their children; only the first has none.
    if (parent >= index || (parent < 0) != (index == 0)) throw std::out_of_range("parent");
  }
  return plan;
}

Json ToJson(const TableFacts& table) {
  Json indexes = Json::array();
  for (const IndexFacts& index : table.indexes)
    indexes.push_back({{"name", index.name}, {"columns", index.columns}, {"partial", index.partial}});
  Json json = {{"schema", table.schema},       {"name", table.name},         {"rows", table.rows},
               {"bytes", table.bytes},         {"ordinary", table.ordinary}, {"columns", table.columns},
               {"indexes", std::move(indexes)}};
  for (const ForeignKey& key : table.foreign_keys)
    json["foreign_keys"].push_back({{"constraint", key.constraint}, {"columns", key.columns}});
  return json;
}

TableFacts TableFrom(const Json& json) {
  TableFacts table;
  json.at("schema").get_to(table.schema);
  json.at("name").get_to(table.name);
  json.at("rows").get_to(table.rows);
  json.at("bytes").get_to(table.bytes);
  json.at("ordinary").get_to(table.ordinary);
  json.at("columns").get_to(table.columns);
  for (const Json& each : json.at("indexes")) {
    IndexFacts& index = table.indexes.emplace_back();
    each.at("name").get_to(index.name);
    each.at("columns").get_to(index.columns);
    each.at("partial").get_to(index.partial);
  }
  for (const Json& each : json.value("foreign_keys", Json::array())) {
    ForeignKey& key = table.foreign_keys.emplace_back();
    each.at("constraint").get_to(key.constraint);
    each.at("columns").get_to(key.columns);
  }
  return table;
}

Json ToJson(const Trial& trial) {
  return {{"kind", trial.kind},
          {"statement", trial.statement},
          {"without_ns", trial.without_ns},
          {"with_ns", trial.with_ns},
          {"bytes", trial.bytes},
          {"memory_kb", trial.memory_kb},
          {"written_rows", trial.written_rows},
          {"write_without_ns", trial.write_without_ns},
          {"write_with_ns", trial.write_with_ns},
          {"write_reason", trial.write_reason},
          {"plan", ToJson(trial.plan)}};
}

Trial TrialFrom(const Json& json) {
  Trial trial;
  json.at("kind").get_to(trial.kind);
  json.at("statement").get_to(trial.statement);
  json.at("without_ns").get_to(trial.without_ns);
  json.at("with_ns").get_to(trial.with_ns);
  json.at("bytes").get_to(trial.bytes);
  json.at("memory_kb").get_to(trial.memory_kb);
  json.at("written_rows").get_to(trial.written_rows);
  json.at("write_without_ns").get_to(trial.write_without_ns);
  json.at("write_with_ns").get_to(trial.write_with_ns);
  json.at("write_reason").get_to(trial.write_reason);
  trial.plan = PlanFrom(json.at("plan"));
  return trial;
}

}  // namespace

std::string EncodeStudy(const PlanStudy& study) {
  Json json = {{"format", kPlanFormat}, {"endpoint", study.endpoint}, {"query", study.query}, {"text", study.text}};
  if (study.last_page) json["last_page"] = true;
  if (study.over_budget) json["over_budget"] = true;
  if (study.brief) json["brief"] = true;
  json["tables"] = Json::array();
  for (const TableFacts& table : study.tables) json["tables"].push_back(ToJson(table));
  json["plan"] = ToJson(study.plan);
  json["trials"] = Json::array();
  for (const Trial& trial : study.trials) json["trials"].push_back(ToJson(trial));
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

base::Result<PlanStudy> DecodeStudy(std::string_view bytes) {
  return ReadJsonCapture<PlanStudy>(bytes, kPlanFormat, "study of a plan", [](const Json& json) {
    PlanStudy study;
    json.at("endpoint").get_to(study.endpoint);
    json.at("query").get_to(study.query);
    json.at("text").get_to(study.text);
    study.last_page = json.value("last_page", false);
    study.over_budget = json.value("over_budget", false);
    study.brief = json.value("brief", false);
    for (const Json& table : json.at("tables")) study.tables.push_back(TableFrom(table));
    study.plan = PlanFrom(json.at("plan"));
    for (const Json& trial : json.at("trials")) study.trials.push_back(TrialFrom(trial));
    return study;
  });
}

const TableFacts* TableOf(const PlanStudy& study, const PlanNode& node) {
  if (node.table.empty()) return nullptr;
  const auto it = std::ranges::find_if(study.tables, [&](const TableFacts& table) {
    return table.name == node.table && (node.schema.empty() || table.schema == node.schema);
  });
  return it == study.tables.end() ? nullptr : &*it;
}

}  // namespace hone::sql
