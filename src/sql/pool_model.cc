#include "sql/pool_model.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>

#include "sql/thresholds.h"

namespace hone::sql {
namespace {

double Seconds(base::Nanos ns) { return static_cast<double>(ns) / 1e9; }

struct Spread {
  double mean = 0;
  double cv2 = 0;
};

Spread SpreadOf(const std::vector<double>& values) {
  Spread spread;
  if (values.empty()) return spread;
  const auto count = static_cast<double>(values.size());
  for (const double value : values) spread.mean += value / count;
  double square = 0;
  for (const double value : values) square += (value - spread.mean) * (value - spread.mean) / count;
  if (spread.mean > 0) spread.cv2 = square / (spread.mean * spread.mean);
  return spread;
}

// Starts (+1) and ends (-1) in the order of time; an end goes before a start at the same time.
using OpenSteps = std::vector<std::pair<base::Nanos, int>>;

std::vector<Level> LevelsOf(OpenSteps steps, base::Nanos start, base::Nanos end) {
  std::ranges::sort(steps);
  std::map<int, Level> levels;
  int held = 0;
  base::Nanos since = start;
  for (const auto& [at, step] : steps) {
    const base::Nanos until = std::clamp(at, start, end);
    levels[held].seconds += Seconds(until - since);
    if (step < 0 && at <= end) levels[held].ended += 1;
    since = until;
    held += step;
  }
  levels[held].seconds += Seconds(end - since);
  std::vector<Level> list;
  for (auto& [count, level] : levels) {
    level.held = count;
    if (level.seconds > 0 || level.ended > 0) list.push_back(level);
  }
  return list;
}

int Highest(const std::vector<Level>& levels) {
  int highest = 0;
  for (const Level& level : levels) highest = std::max(highest, level.held);
  return highest;
}

// A connection that never got through its start-up is none.
bool Lived(const ConnectionLife& life) { return life.opened_ns == 0 || life.ready_ns != 0; }

// A connection that takes another one's place is one more for a moment.
void CountConnections(const HoldLog& log, PoolUse& use) {
  OpenSteps open;
  double opened = 0;
  for (const ConnectionLife& life : log.connections) {
    if (!Lived(life)) continue;
    open.emplace_back(life.opened_ns == 0 ? log.start_ns : life.opened_ns, 1);
    if (life.closed_ns != 0) open.emplace_back(life.closed_ns, -1);
    opened += life.opened_ns != 0 ? 1 : 0;
  }
  use.open_peak = Highest(LevelsOf(std::move(open), log.start_ns, log.end_ns));
  use.opened_rate = opened / use.seconds;
}

// Solves a symmetric 3 x 3 system by Gauss with pivots; false where it has no single solution.
bool Solve(std::array<std::array<double, 4>, 3>& m) {
  for (size_t column = 0; column < 3; ++column) {
    size_t pivot = column;
    for (size_t row = column + 1; row < 3; ++row) {
      if (std::abs(m[row][column]) > std::abs(m[pivot][column])) pivot = row;
    }
    if (std::abs(m[pivot][column]) < 1e-12) return false;
    std::swap(m[column], m[pivot]);
    for (size_t row = 0; row < 3; ++row) {
      if (row == column) continue;
      const double factor = m[row][column] / m[column][column];
      for (size_t i = column; i < 4; ++i) m[row][i] -= factor * m[column][i];
    }
  }
  return true;
}

struct Point {
  double n = 0;
  double y = 0;  // n / X(n): how long each of n connections is held
  double weight = 0;
};

// Coefficients of 1, n - 1 and n (n - 1), those not `allowed` being 0.
std::optional<std::array<double, 3>> FitCurve(const std::vector<Point>& points, std::array<bool, 3> allowed) {
  std::array<std::array<double, 4>, 3> m = {};
  for (const Point& point : points) {
    const std::array<double, 3> x = {1, point.n - 1, point.n * (point.n - 1)};
    for (size_t i = 0; i < 3; ++i) {
      for (size_t j = 0; j < 3; ++j) m[i][j] += allowed[i] && allowed[j] ? point.weight * x[i] * x[j] : 0;
      m[i][3] += allowed[i] ? point.weight * x[i] * point.y : 0;
    }
  }
  for (size_t i = 0; i < 3; ++i) {
    if (!allowed[i]) m[i][i] = 1;
  }
  if (!Solve(m)) return std::nullopt;
  return std::array{m[0][3] / m[0][0], m[1][3] / m[1][1], m[2][3] / m[2][2]};
}

}  // namespace

PoolUse UseOf(const HoldLog& log) {
  PoolUse use;
  use.seconds = Seconds(log.end_ns - log.start_ns);
  if (use.seconds <= 0) return use;
  std::vector<double> holds;
  std::vector<base::Nanos> starts;
  OpenSteps steps;
  for (const Hold& hold : log.holds) {
    holds.push_back(Seconds(hold.end_ns - hold.start_ns));
    starts.push_back(hold.start_ns - hold.waited_ns);
    steps.emplace_back(hold.start_ns, 1);
    steps.emplace_back(hold.end_ns, -1);
    use.round_trips += hold.round_trips;
    use.waited_s += Seconds(hold.waited_ns);
  }
  const auto count = static_cast<double>(holds.size());
  use.rate = count / use.seconds;
  use.round_trips /= std::max(count, 1.0);
  use.waited_s /= std::max(count, 1.0);
  const Spread spread = SpreadOf(holds);
  use.hold_s = spread.mean;
  use.hold_cv2 = spread.cv2;
  std::ranges::sort(starts);
  std::vector<double> between;
  for (size_t i = 1; i < starts.size(); ++i) between.push_back(Seconds(starts[i] - starts[i - 1]));
  use.arrival_cv2 = SpreadOf(between).cv2;
  use.levels = LevelsOf(std::move(steps), log.start_ns, log.end_ns);
  for (const Level& level : use.levels) use.busy += level.held * level.seconds / use.seconds;
  use.busy_peak = Highest(use.levels);
  CountConnections(log, use);
  return use;
}

double Usl::HoldAt(double held) const {
  const double n = std::max(held, 1.0);
  return (1 + sigma * (n - 1) + kappa * n * (n - 1)) / gamma;
}

double Usl::Peak() const {
  return kappa > 0 ? std::sqrt(std::max(1 - sigma, 0.0) / kappa) : std::numeric_limits<double>::infinity();
}

std::optional<Usl> FitUsl(const std::vector<Level>& levels) {
  std::vector<Point> points;
  for (const Level& level : levels) {
    if (level.held < 1 || level.ended < kLeastOfLevel || level.seconds <= 0) continue;
    points.push_back({static_cast<double>(level.held), level.held * level.seconds / level.ended, level.ended});
  }
  if (points.size() < 3) return std::nullopt;
  // Which of the two terms may be there is small enough to be tried out: the best fit without a negative one.
  for (const std::array<bool, 3>& allowed : {std::array{true, true, true}, std::array{true, true, false},
                                             std::array{true, false, true}, std::array{true, false, false}}) {
    const auto fit = FitCurve(points, allowed);
    if (!fit || (*fit)[0] <= 0 || (*fit)[1] < 0 || (*fit)[2] < 0) continue;
    return Usl{1 / (*fit)[0], (*fit)[1] / (*fit)[0], (*fit)[2] / (*fit)[0]};
  }
  return std::nullopt;
}

double ErlangC(int servers, double load) {
  if (load >= servers) return 1;
  // By Erlang B's recursion, which does not overflow.
  double blocked = 1;
  for (int i = 1; i <= servers; ++i) blocked = load * blocked / (i + load * blocked);
  const double busy = load / servers;
  return blocked / (1 - busy * (1 - blocked));
}

SeedSize SeedOf(const PoolUse& use, double wait_s, int cap) {
  const std::optional<Usl> usl = FitUsl(use.levels);
  const double variability = std::max((use.arrival_cv2 + use.hold_cv2) / 2, 0.0);
  SeedSize seed;
  for (int size = 1; size <= std::max(cap, 1); ++size) {
    // How long a connection is held depends on how many are, and the other way round (Little).
    double hold = use.hold_s;
    for (int i = 0; usl && i < 20; ++i) hold = usl->HoldAt(std::min<double>(size, use.rate * hold));
    const double load = use.rate * hold;
    seed = {.size = size, .sufficient = false};
    if (load >= size) {
      seed.wait_s = std::numeric_limits<double>::infinity();
      continue;
    }
    seed.wait_s = ErlangC(size, load) * hold / (size - load) * variability;
    if (seed.wait_s > wait_s) continue;
    seed.sufficient = true;
    break;
  }
  return seed;
}

}  // namespace hone::sql
