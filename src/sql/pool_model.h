// A model of a connection pool: how long connections are held, how that grows with how many are held at once, and what
// size that asks for. Its sizes are where a sweep begins, not its answer.
//
// Sources: N. J. Gunther, Guerrilla Capacity Planning (the universal scalability law); A. K. Erlang (1917) for M/M/c;
// A. O. Allen, Probability, Statistics and Queueing Theory (Allen-Cunneen: waiting times times (Ca^2 + Cs^2) / 2).
// Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sql/holds.h"

namespace hone::sql {

// The time that a certain number of connections was held at once, and the holds that ended in it.
struct Level {
  int held = 0;
  double seconds = 0;
  double ended = 0;
};

struct PoolUse {
  double seconds = 0;
  double rate = 0;         // holds a second
  double hold_s = 0;       // mean
  double hold_cv2 = 0;     // squared coefficient of variation of holds: Cs^2
  double arrival_cv2 = 0;  // and of the times between their beginnings: Ca^2
  double busy = 0;         // connections held, on average over time
  int busy_peak = 0;
  int open_peak = 0;               // connections open at once
  double opened_rate = 0;          // connections opened a second
  double round_trips = 0;          // a hold
  double waited_s = 0;             // at the proxy's gate, mean of a hold
  std::vector<Level> levels = {};  // ascending, without those that did not occur
};
PoolUse UseOf(const HoldLog& log);

// Throughput of n connections that are held all the time: gamma n / (1 + sigma (n - 1) + kappa n (n - 1)).
struct Usl {
  double gamma = 0;  // holds a second of one connection
  double sigma = 0;
  double kappa = 0;
  double HoldAt(double held) const;  // seconds that a connection is held when `held` are
  double Peak() const;               // where throughput is highest; infinite without kappa
};
// Weighted least squares of n / X(n) on 1, n - 1 and n (n - 1), without negative coefficients. Empty with fewer than
// three levels of kLeastOfLevel holds.
std::optional<Usl> FitUsl(const std::vector<Level>& levels);

// The probability that an arrival must wait, of `servers` with `load` erlangs (M/M/c); 1 where load >= servers.
double ErlangC(int servers, double load);

struct SeedSize {
  int size = 0;
  double wait_s = 0;       // mean wait for a connection, as the model has it
  bool sufficient = true;  // false: no size up to the cap keeps the wait
};
// The smallest size up to `cap` whose mean wait is at most `wait_s`.
SeedSize SeedOf(const PoolUse& use, double wait_s, int cap);

}  // namespace hone::sql
