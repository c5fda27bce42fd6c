#include "sql/plan_candidates.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <string_view>

#include "base/ascii.h"
#include "sql/paging.h"
#include "sql/plan_conditions.h"
#include "sql/thresholds.h"

namespace hone::sql {
namespace {

constexpr std::string_view kIndexName = "hone_trial_index";
constexpr size_t kMostIndexes = 2;
constexpr int64_t kMostMemoryKb = 256 << 10;

bool IsScan(const PlanNode& node) {
  constexpr std::array<std::string_view, 4> kScans = {"Seq Scan", "Index Scan", "Index Only Scan", "Bitmap Heap Scan"};
  return std::ranges::find(kScans, node.type) != kScans.end() && !node.table.empty();
}

// Nodes that pass their child's rows on, all of them.
bool PassesOn(const PlanNode& node) {
  constexpr std::array<std::string_view, 6> kPassing = {"Hash",   "Sort",         "Incremental Sort",
                                                        "Gather", "Gather Merge", "Materialize"};
  return std::ranges::find(kPassing, node.type) != kPassing.end();
}

bool IsJoin(const PlanNode& node) {
  return node.type == "Hash Join" || node.type == "Merge Join" || node.type == "Nested Loop";
}

// What takes a scan's rows: the first ancestor that does not only pass them on, and the sort on the way to it.
struct Above {
  const PlanNode* taker = nullptr;  // a join or a LIMIT; nullptr: something else
  const PlanNode* sort = nullptr;
};

Above AboveOf(const Plan& plan, size_t node) {
  Above above;
  for (int32_t i = plan.nodes[node].parent; i != kNoParent; i = plan.nodes[static_cast<size_t>(i)].parent) {
    const PlanNode& ancestor = plan.nodes[static_cast<size_t>(i)];
    if (IsJoin(ancestor) || ancestor.type == "Limit") above.taker = &ancestor;
    if (!PassesOn(ancestor)) break;
    if (!ancestor.sort_keys.empty() && above.sort == nullptr && ancestor.type != "Gather Merge") above.sort = &ancestor;
  }
  return above;
}

// The LIMIT at the top of a sort of the rows that a scan reads, also where joins stand between that add to each row
// (a name looked up by an id) and throw few away.
struct SortedLimit {
  size_t limit = 0;
  const PlanNode* sort = nullptr;
};

std::optional<SortedLimit> SortedLimitOf(const Plan& plan, size_t scan) {
  constexpr double kKeeps = 0.9;
  const double rows = plan.nodes[scan].Rows();
  SortedLimit found;
  for (int32_t i = plan.nodes[scan].parent; i != kNoParent; i = plan.nodes[static_cast<size_t>(i)].parent) {
    const PlanNode& ancestor = plan.nodes[static_cast<size_t>(i)];
    if (ancestor.type == "Limit" && found.sort != nullptr && ancestor.loops <= 1) {
      found.limit = static_cast<size_t>(i);
      return found;
    }
    const bool looks_up = IsJoin(ancestor) && found.sort == nullptr && ancestor.Rows() >= kKeeps * rows &&
                          ancestor.Rows() * kKeeps <= rows;
    if (!PassesOn(ancestor) && !looks_up) break;
    if (!ancestor.sort_keys.empty() && found.sort == nullptr && ancestor.type != "Gather Merge") found.sort = &ancestor;
  }
  return std::nullopt;
}

// Rows that a scan reads for a sort and a LIMIT behind it that lets few of them through.
double SortedInVain(const Plan& plan, size_t scan) {
  const auto sorted = SortedLimitOf(plan, scan);
  return sorted ? ReadRows(plan.nodes[scan]) - plan.nodes[sorted->limit].Rows() : 0;
}

// What an index is made of: a column, or what a function makes of it.
struct KeyPart {
  std::string column = {};
  std::string function = {};
  bool operator==(const KeyPart&) const = default;
};

// The parts of a table's columns in a condition, in order, each once.
class Columns {
 public:
  Columns(const TableFacts& table, std::string alias) : table_(&table), alias_(std::move(alias)) {}

  void Add(const std::string& condition) {
    for (const ColumnUse& use : ColumnsOfCondition(condition)) {
      if (!IsOwn(use.alias, use.column)) continue;
      const KeyPart part{use.column, use.function};
      if (!use.pattern) {
        Add(part, use.equality);
      } else if (std::ranges::find(patterns, part) == patterns.end()) {
        patterns.push_back(part);
      }
    }
  }
  void Add(const Columns& others) {
    for (const KeyPart& part : others.equal) Add(part, true);
    for (const KeyPart& part : others.ranges) Add(part, false);
    patterns = others.patterns;
  }
  bool IsOwn(const std::string& alias, const std::string& column) const {
    return (alias.empty() || alias == alias_) && std::ranges::find(table_->columns, column) != table_->columns.end();
  }

  std::vector<KeyPart> equal = {};
  std::vector<KeyPart> ranges = {};
  std::vector<KeyPart> patterns = {};

 private:
  void Add(const KeyPart& part, bool equality) {
    const bool known = std::ranges::find(equal, part) != equal.end();
    if (equality) std::erase(ranges, part);
    std::vector<KeyPart>& parts = equality ? equal : ranges;
    if (!known && std::ranges::find(parts, part) == parts.end()) parts.push_back(part);
  }

  const TableFacts* table_;
  std::string alias_;
};

// The key of an index: its parts, and each as it is written.
struct Key {
  std::vector<KeyPart> parts = {};
  std::vector<std::string> written = {};
  bool trigrams = false;  // a GIN index for patterns that may begin anywhere, instead of a B-tree
  void Add(const KeyPart& part, const char* suffix = "") {
    parts.push_back(part);
    const std::string column = Identifier(part.column);
    written.push_back((part.function.empty() ? column : fmt::format("{}({})", part.function, column)) + suffix);
  }
};

Key EqualityKey(const Columns& columns) {
  Key key;
  for (const KeyPart& part : columns.equal) key.Add(part);
  return key;
}

// Equality, then the ORDER BY; nothing where it cannot be served by an index on this table.
std::optional<Key> SortKey(const Columns& columns, const PlanNode& sort) {
  Key key = EqualityKey(columns);
  std::vector<SortColumn> order = ColumnsOfSort(sort.sort_keys);
  std::erase_if(order, [&](const SortColumn& each) {
    return std::ranges::find(columns.equal, KeyPart{each.column, ""}) != columns.equal.end();
  });
  if (order.empty()) return std::nullopt;
  for (const SortColumn& each : order) {
    if (!each.usual_nulls || !columns.IsOwn(each.alias, each.column)) return std::nullopt;
    // An index is read backwards as well: only directions that differ need to be said.
    key.Add({each.column, ""}, each.descending != order.front().descending ? " DESC" : "");
  }
  return key;
}

bool Exists(const TableFacts& table, const Key& key) {
  return !key.trigrams && std::ranges::any_of(table.indexes, [&](const IndexFacts& index) {
    // One on an expression has no column there, and would have been used.
    return !index.partial && index.columns.size() >= key.parts.size() &&
           std::equal(key.parts.begin(), key.parts.end(), index.columns.begin(),
                      [](const KeyPart& part, const std::string& column) {
                        return part.function.empty() && part.column == column;
                      });
  });
}

std::string TableName(const TableFacts& table) {
  const std::string name = Identifier(table.name);
  return table.schema.empty() || table.schema == "public" ? name : Identifier(table.schema) + "." + name;
}

std::string Joined(const std::vector<std::string>& parts) { return fmt::format("{}", fmt::join(parts, ", ")); }

std::string QualifiedName(const std::string& schema, const std::string& name) {
  return schema.empty() ? Identifier(name) : Identifier(schema) + "." + Identifier(name);
}

Proposal IndexProposal(const TableFacts& table, const Key& key, size_t node) {
  const std::string before = key.trigrams ? "CREATE EXTENSION IF NOT EXISTS pg_trgm; " : "";
  const std::string columns = fmt::format("{}({})", key.trigrams ? "USING gin " : "", Joined(key.written));
  return {.kind = "index",
          .statement = fmt::format("{}CREATE INDEX ON {} {}", before, TableName(table), columns),
          .apply = fmt::format("{}CREATE INDEX {} ON {} {}", before, kIndexName,
                               QualifiedName(table.schema, table.name), columns),
          .revert = "DROP INDEX " + QualifiedName(table.schema, std::string(kIndexName)),
          .node = node,
          .schema = table.schema,
          .table = table.name};
}

// The conditions of the indexes whose bitmaps a node ands, on whatever level; of a BitmapOr each is one of several
// ways.
void AddBitmaps(const Plan& plan, size_t index, Columns& columns) {
  for (size_t i = 0; i < plan.nodes.size(); ++i) {
    if (plan.nodes[i].parent != static_cast<int32_t>(index)) continue;
    if (plan.nodes[i].type == "Bitmap Index Scan") columns.Add(plan.nodes[i].index_condition);
    if (plan.nodes[i].type == "BitmapAnd") AddBitmaps(plan, i, columns);
  }
}

// The conditions by which a scan finds its rows.
Columns ColumnsOfScan(const Plan& plan, size_t index, const TableFacts& table) {
  const PlanNode& node = plan.nodes[index];
  Columns columns(table, node.alias);
  columns.Add(node.index_condition);
  AddBitmaps(plan, index, columns);
  columns.Add(node.filter);
  return columns;
}

// What is worth a key for one scan, the best guess first.
std::vector<Key> KeysFor(const Plan& plan, size_t index, const TableFacts& table) {
  const PlanNode& node = plan.nodes[index];
  const Above above = AboveOf(plan, index);
  Columns columns = ColumnsOfScan(plan, index, table);
  if (above.taker != nullptr && IsJoin(*above.taker) && node.Rows() > kSelectiveShare * ReadRows(node)) {
    Columns joined(table, node.alias);
    joined.Add(above.taker->join_condition);
    joined.Add(above.taker->join_filter);
    joined.ranges.clear();
    joined.Add(columns);
    columns = joined;
  }
  std::vector<Key> keys;
  if (const auto sorted = SortedLimitOf(plan, index)) {
    Columns own = ColumnsOfScan(plan, index, table);
    if (auto key = SortKey(own, *sorted->sort)) keys.push_back(*std::move(key));
  }
  Key key = EqualityKey(columns);
  if (!columns.ranges.empty()) key.Add(columns.ranges.front());
  const bool is_new = std::ranges::none_of(keys, [&](const Key& each) { return each.parts == key.parts; });
  const bool is_prefix = columns.ranges.empty() && !keys.empty();
  if (!key.parts.empty() && is_new && !is_prefix) keys.push_back(std::move(key));
  if (!columns.patterns.empty()) {
    Key trigrams{.trigrams = true};
    for (const KeyPart& part : columns.patterns) trigrams.Add(part, " gin_trgm_ops");
    keys.push_back(std::move(trigrams));
  }
  return keys;
}

// Whether an index begins with these columns, in any order.
bool HasIndexOn(const TableFacts& table, const std::vector<std::string>& columns) {
  return std::ranges::any_of(table.indexes, [&](const IndexFacts& index) {
    return !index.partial && index.columns.size() >= columns.size() &&
           std::is_permutation(columns.begin(), columns.end(), index.columns.begin());
  });
}

// For the checks of a foreign key that read all of the table that refers, as it has no index on the key.
std::vector<Proposal> ProposeForKeys(const PlanStudy& study) {
  std::vector<Proposal> proposals;
  for (const KeyCheck& check : study.plan.key_checks) {
    if (check.time_ms < kLeastKeyShare * study.plan.execution_ms) continue;
    for (const TableFacts& table : study.tables) {
      const auto foreign = std::ranges::find(table.foreign_keys, check.constraint, &ForeignKey::constraint);
      if (foreign == table.foreign_keys.end() || !table.ordinary || table.rows < kLeastTableRows) continue;
      Key key;
      for (const std::string& column : foreign->columns) key.Add({column, ""});
      if (HasIndexOn(table, foreign->columns)) continue;
      proposals.push_back(IndexProposal(table, key, 0));
      proposals.back().constraint = check.constraint;
    }
  }
  return proposals;
}

}  // namespace

double ReadRows(const PlanNode& node) { return node.Rows() + node.Removed(); }

double DiscardedRows(const Plan& plan, size_t node) {
  const PlanNode& scan = plan.nodes[node];
  const Above above = AboveOf(plan, node);
  const double passed = above.taker != nullptr ? std::min(scan.Rows(), above.taker->Rows()) : scan.Rows();
  return ReadRows(scan) - passed;
}

namespace {

double RowsInVain(const Plan& plan, size_t scan) {
  return std::max(DiscardedRows(plan, scan), SortedInVain(plan, scan));
}

// Whether a scan that reads so many rows in vain is worth an index.
bool IsMuch(const PlanNode& scan, double in_vain) {
  return in_vain >= kLeastDiscardedRows && in_vain >= (1 - kMostKeptShare) * ReadRows(scan);
}

}  // namespace

std::vector<Proposal> ProposeIndexes(const PlanStudy& study) {
  std::vector<size_t> scans;
  for (size_t i = 0; i < study.plan.nodes.size(); ++i) {
    const PlanNode& node = study.plan.nodes[i];
    const TableFacts* table = IsScan(node) ? TableOf(study, node) : nullptr;
    if (table == nullptr || !table->ordinary || table->rows < kLeastTableRows) continue;
    if (IsMuch(node, RowsInVain(study.plan, i))) scans.push_back(i);
  }
  std::ranges::stable_sort(scans, std::greater(), [&](size_t i) { return RowsInVain(study.plan, i); });
  // The best guess for each scan before the second one for any.
  std::vector<Proposal> first;
  std::vector<Proposal> second;
  for (const size_t i : scans) {
    const TableFacts& table = *TableOf(study, study.plan.nodes[i]);
    const std::vector<Key> keys = KeysFor(study.plan, i, table);
    for (const Key& key : keys) {
      if (Exists(table, key)) continue;
      Proposal proposal = IndexProposal(table, key, i);
      if (!IsMuch(study.plan.nodes[i], DiscardedRows(study.plan, i)))
        proposal.limit = SortedLimitOf(study.plan, i)->limit;
      (&key == keys.data() ? first : second).push_back(std::move(proposal));
    }
  }
  first.insert(first.end(), second.begin(), second.end());
  std::vector<Proposal> proposals = ProposeForKeys(study);
  const size_t most = first.empty() ? kMostIndexes : kMostIndexes - 1;
  if (proposals.size() > most) proposals.resize(most);
  for (Proposal& proposal : first) {
    const bool known =
        std::ranges::any_of(proposals, [&](const Proposal& other) { return other.statement == proposal.statement; });
    if (!known && proposals.size() < kMostIndexes) proposals.push_back(std::move(proposal));
  }
  return proposals;
}

bool IsGrosslyMisestimated(const Plan& plan) {
  return std::ranges::any_of(plan.nodes, [](const PlanNode& node) {
    return IsScan(node) && EstimateError(node) >= kGrossEstimateError &&
           std::max(node.rows, node.estimated_rows) >= kLeastMisestimatedRows;
  });
}

std::vector<Proposal> ProposeStatistics(const PlanStudy& study) {
  std::optional<Proposal> best;
  double worst = kLeastEstimateError;
  for (size_t i = 0; i < study.plan.nodes.size(); ++i) {
    const PlanNode& node = study.plan.nodes[i];
    const TableFacts* table = IsScan(node) ? TableOf(study, node) : nullptr;
    if (table == nullptr || !table->ordinary || table->rows < kLeastTableRows) continue;
    const double error = EstimateError(node);
    if (error < worst || std::max(node.rows, node.estimated_rows) < kLeastMisestimatedRows) continue;
    const Columns columns = ColumnsOfScan(study.plan, i, *table);
    std::vector<std::string> names;
    for (const auto* group : {&columns.equal, &columns.ranges}) {
      for (const KeyPart& part : *group) {
        if (part.function.empty()) names.push_back(Identifier(part.column));
      }
    }
    if (names.size() < 2) continue;
    worst = error;
    const std::string name = fmt::format("{}_{}", table->name, fmt::join(names, "_")).substr(0, 55) + "_stats";
    const std::string rest = fmt::format("(dependencies, mcv) ON {} FROM", Joined(names));
    const std::string own = QualifiedName(table->schema, table->name);
    best = Proposal{.kind = "statistics",
                    .statement = fmt::format("CREATE STATISTICS {} {} {}; ANALYZE {}", Identifier(name), rest,
                                             TableName(*table), TableName(*table)),
                    .apply = fmt::format("CREATE STATISTICS {} {} {}; ANALYZE {}", QualifiedName(table->schema, name),
                                         rest, own, own),
                    .revert = "DROP STATISTICS " + QualifiedName(table->schema, name),
                    .node = i,
                    .schema = table->schema,
                    .table = table->name};
  }
  return best ? std::vector{*std::move(best)} : std::vector<Proposal>();
}

namespace {

// The time of a node in all its loops. In a parallel part of the plan they run side by side, and starting and waiting
// for the workers is a part of it: its share of what they do, of the whole part's time.
double ElapsedMs(const Plan& plan, size_t node) {
  const PlanNode* part = &plan.nodes[node];
  const auto is_apart = [](const PlanNode& each) { return each.role == "InitPlan" || each.role == "SubPlan"; };
  for (int32_t i = part->parent; i != kNoParent && !is_apart(*part); i = part->parent) {
    const PlanNode& above = plan.nodes[static_cast<size_t>(i)];
    if (above.type.starts_with("Gather") && part->time_ms > 0)
      return above.time_ms * above.loops * plan.nodes[node].time_ms / part->time_ms;
    part = &above;
  }
  return plan.nodes[node].time_ms * plan.nodes[node].loops;
}

// Whether an index on some of the table's columns was tried, which UnservedScan's callers do first.
bool WasTried(const PlanStudy& study, const TableFacts& table) {
  return std::ranges::any_of(study.trials, [&](const Trial& trial) {
    return trial.kind == "index" && base::Contains(trial.statement, "ON " + TableName(table) + " ");
  });
}

// Whether an index begins with all the columns that one could be made on.
bool IsServed(const Columns& columns, const TableFacts& table) {
  std::vector<std::string> names;
  for (const auto* const parts : {&columns.equal, &columns.ranges}) {
    for (const KeyPart& part : *parts) {
      if (!part.function.empty()) return false;
      names.push_back(part.column);
    }
  }
  return columns.patterns.empty() && (names.empty() || HasIndexOn(table, names));
}

}  // namespace

std::optional<size_t> UnservedScan(const PlanStudy& study) {
  std::optional<size_t> worst;
  double most = kLeastUnservedRows;
  for (size_t i = 0; i < study.plan.nodes.size(); ++i) {
    const PlanNode& node = study.plan.nodes[i];
    const TableFacts* table = IsScan(node) && !node.filter.empty() ? TableOf(study, node) : nullptr;
    if (table == nullptr || !table->ordinary || table->rows < kLeastTableRows) continue;
    if (node.removed_by_filter * node.loops < most || node.Rows() > kUnservedShare * ReadRows(node)) continue;
    if (ElapsedMs(study.plan, i) < study.plan.execution_ms / 2 || !ComparesComputed(node.filter)) continue;
    Columns columns(*table, node.alias);
    columns.Add(node.filter);
    if (!IsServed(columns, *table) && !WasTried(study, *table)) continue;
    worst = i;
    most = node.removed_by_filter * node.loops;
  }
  return worst;
}

double SkippedRows(const Plan& plan, size_t node) {
  const PlanNode& limit = plan.nodes[node];
  if (limit.type != "Limit") return 0;
  const auto child = std::ranges::find(plan.nodes, static_cast<int32_t>(node), &PlanNode::parent);
  return child == plan.nodes.end() ? 0 : std::max(0.0, child->Rows() - limit.Rows());
}

std::vector<Proposal> ProposeFirstPage(const PlanStudy& study, const StatementSample& sample) {
  if (study.plan.nodes.empty() || SkippedRows(study.plan, 0) < kLeastDiscardedRows) return {};
  if (!OffsetOf(sample)) return {};
  return {{.kind = "first_page", .statement = "OFFSET 0", .node = 0, .instead = WithOffset(sample, 0)}};
}

std::vector<Proposal> ProposeMemory(const PlanStudy& study) {
  const int64_t spilled = SpilledBytes(study.plan);
  if (spilled == 0) return {};
  // In memory rows take more room than in a file: about twice, as PostgreSQL's own figures of both for a sort.
  constexpr int64_t kRoom = 3;
  int64_t kb = 1024;
  while (kb * 1024 < spilled * kRoom) kb *= 2;
  if (kb > kMostMemoryKb) return {};
  for (size_t i = 0; i < study.plan.nodes.size(); ++i) {
    const PlanNode& node = study.plan.nodes[i];
    if (!node.sort_on_disk && node.hash_batches <= 1 && node.disk_kb == 0) continue;
    const std::string setting = fmt::format("SET LOCAL work_mem = '{}MB'", kb / 1024);
    return {{.kind = "memory", .statement = setting, .node = i, .memory_kb = kb}};
  }
  return {};
}

}  // namespace hone::sql
