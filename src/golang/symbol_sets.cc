#include "golang/symbol_sets.h"

#include <algorithm>
#include <array>
#include <utility>

namespace hone::golang {
namespace {

using enum SymbolSet;

// Names of Go 1.24, 1.25 and 1.26 (and of 1.27 where its release notes say so). A prefix that ends in '.' is a whole
// package.
constexpr SymbolPrefix kPrefixes[] = {
    {kGcMark, "runtime.gcBgMarkWorker", 0, 0},
    {kGcMark, "runtime.gcStart", 0, 0},
    {kGcMark, "runtime.gcMarkDone", 0, 0},
    {kGcMark, "runtime.gcMarkTermination", 0, 0},
    {kGcIdle, "runtime.gcDrainMarkWorkerIdle", 0, 0},
    {kGcAssist, "runtime.gcAssistAlloc", 0, 0},
    {kGcSweep, "runtime.bgsweep", 0, 0},
    {kGcSweep, "runtime.sweepone", 0, 0},
    {kGcSweep, "runtime.deductSweepCredit", 0, 0},
    {kGcSweep, "runtime.(*sweepLocked).sweep", 0, 0},
    {kAllocation, "runtime.mallocgc", 0, 0},  // 1.27 calls mallocgcSmall... directly
    {kAllocation, "runtime.newobject", 0, 0},
    {kAllocation, "runtime.makeslice", 0, 0},
    {kAllocation, "runtime.growslice", 0, 0},
    {kAllocation, "runtime.rawstring", 0, 0},
    {kAllocation, "runtime.rawbyteslice", 0, 0},
    {kAllocation, "runtime.slicebytetostring", 0, 0},
    {kAllocation, "runtime.stringtoslicebyte", 0, 0},
    {kAllocation, "runtime.concatstring", 0, 0},
    {kScheduler, "runtime.schedule", 0, 0},
    {kScheduler, "runtime.findRunnable", 0, 0},
    {kScheduler, "runtime.stealWork", 0, 0},
    {kScheduler, "runtime.runqsteal", 0, 0},
    {kScheduler, "runtime.park_m", 0, 0},
    {kScheduler, "runtime.stopm", 0, 0},
    {kScheduler, "runtime.futex", 0, 0},
    {kScheduler, "runtime.wakep", 0, 0},
    {kScheduler, "runtime.usleep", 0, 0},
    {kScheduler, "runtime.goschedImpl", 0, 0},
    {kLock, "sync.(*Mutex).", 0, 0},
    {kLock, "internal/sync.(*Mutex).", 24, 0},
    {kLock, "sync.(*RWMutex).", 0, 0},
    {kLock, "sync.runtime_Semacquire", 0, 0},
    {kLock, "internal/sync.runtime_Sem", 24, 0},
    {kLock, "runtime.semacquire1", 0, 0},
    {kLock, "runtime.semrelease1", 0, 0},
    {kLock, "runtime.lock2", 0, 0},
    {kLock, "runtime.unlock2", 0, 0},
    {kLock, "runtime.procyield", 0, 0},
    {kLock, "runtime._LostContendedRuntimeLock", 0, 0},
    {kJson, "encoding/json.", 0, 0},
    {kJson, "encoding/json/", 25, 0},  // v2 and jsontext
    {kRegexpCompile, "regexp.Compile", 0, 0},
    {kRegexpCompile, "regexp.MustCompile", 0, 0},
    {kRegexpCompile, "regexp.compile", 0, 0},
    {kRegexpCompile, "regexp/syntax.Parse", 0, 0},
    {kRegexpCompile, "regexp/syntax.parse", 0, 0},
    {kRegexpCompile, "regexp/syntax.Compile", 0, 0},
    {kRegexpCompile, "regexp/syntax.(*parser).", 0, 0},
    {kRegexpCompile, "regexp/syntax.(*compiler).", 0, 0},
    {kHttpServe, "net/http.(*conn).serve", 0, 0},
    {kHttpServe, "net/http.(*http2serverConn).", 0, 26},
    {kHttpServe, "net/http/internal/http2.(*serverConn).", 27, 0},
    {kHttpServe, "golang.org/x/net/http2.(*serverConn).", 0, 0},
    {kHttpServe, "github.com/valyala/fasthttp.(*Server).serveConn", 0, 0},
    {kObserver, "net/http/pprof.", 0, 0},
    {kObserver, "main.honePprofHandler.", 0, 0},  // service/instrument_source.h
    {kObserver, "expvar.", 0, 0},
    // Not promhttp.Instrument...: those wrap the user's handlers.
    {kObserver, "github.com/prometheus/client_golang/prometheus/promhttp.Handler", 0, 0},
    {kBuffer, "bytes.", 0, 0},
    {kBuffer, "bufio.", 0, 0},
    {kBuffer, "io.ReadAll", 0, 0},
    {kBuffer, "io.Copy", 0, 0},
    {kBuffer, "io.copyBuffer", 0, 0},
    {kBuffer, "compress/", 0, 0},
    {kBuffer, "slices.Grow", 0, 0},
    {kPreempt, "runtime.asyncPreempt", 0, 0},
    {kFmt, "fmt.", 0, 0},
    {kLogging, "log.", 0, 0},
    {kLogging, "log/slog.", 0, 0},
    {kLogging, "go.uber.org/zap.", 0, 0},
    {kLogging, "go.uber.org/zap/zapcore.", 0, 0},
    {kLogging, "github.com/rs/zerolog.", 0, 0},
    {kLogging, "github.com/rs/zerolog/log.", 0, 0},
    {kLogging, "github.com/sirupsen/logrus.", 0, 0},
    {kLogging, "github.com/go-kit/log.", 0, 0},
    {kLogging, "github.com/golang/glog.", 0, 0},
    {kLogging, "k8s.io/klog/v2.", 0, 0},
    {kConcat, "runtime.concatstring", 0, 0},
    {kGrowth, "runtime.growslice", 0, 0},
    {kMapGrowth, "internal/runtime/maps.(*table).rehash", 24, 0},
    {kMapGrowth, "internal/runtime/maps.(*table).grow", 24, 0},
    {kMapGrowth, "internal/runtime/maps.(*table).split", 24, 0},
    {kMapGrowth, "internal/runtime/maps.(*Map).growToTable", 24, 0},
    {kCursor, "database/sql.(*Rows).", 0, 0},
    {kCursor, "bufio.(*Scanner).", 0, 0},
    {kCursor, "bufio.(*Reader).", 0, 0},
    {kCursor, "encoding/csv.(*Reader).", 0, 0},
    {kCursor, "encoding/json.(*Decoder).", 0, 0},
    {kCursor, "encoding/xml.(*Decoder).", 0, 0},
    {kCursor, "github.com/jackc/pgx/v5.(*baseRows).", 0, 0},
    {kCursor, "github.com/jackc/pgx/v5.ForEachRow", 0, 0},
    {kCursor, "github.com/jackc/pgx/v5.AppendRows", 0, 0},
    {kCursor, "github.com/jackc/pgx/v5.CollectRows", 0, 0},
    {kCursor, "github.com/jackc/pgx/v5/pgxpool.(*poolRows).", 0, 0},
    {kCursor, "github.com/jmoiron/sqlx.(*Rows).", 0, 0},
    {kCursor, "go.mongodb.org/mongo-driver/mongo.(*Cursor).", 0, 0},
};

constexpr std::pair<SymbolSet, std::string_view> kNames[] = {
    {kGcMark, "gc_mark"},
    {kGcIdle, "gc_idle"},
    {kGcAssist, "gc_assist"},
    {kGcSweep, "gc_sweep"},
    {kAllocation, "allocation"},
    {kScheduler, "scheduler"},
    {kLock, "lock"},
    {kJson, "json"},
    {kRegexpCompile, "regexp_compile"},
    {kHttpServe, "http_serve"},
    {kObserver, "observer"},
    {kBuffer, "buffer"},
    {kPreempt, "preempt"},
    {kFmt, "fmt"},
    {kLogging, "logging"},
    {kConcat, "concat"},
    {kGrowth, "growth"},
    {kMapGrowth, "map_growth"},
    {kCursor, "cursor"},
};

}  // namespace

std::span<const SymbolPrefix> SymbolPrefixes() { return kPrefixes; }

bool InSet(SymbolSet set, std::string_view name) {
  return std::any_of(std::begin(kPrefixes), std::end(kPrefixes),
                     [&](const SymbolPrefix& p) { return p.set == set && name.starts_with(p.prefix); });
}

std::string_view Name(SymbolSet set) {
  for (const auto& [value, name] : kNames) {
    if (value == set) return name;
  }
  return {};
}

std::optional<SymbolSet> SymbolSetByName(std::string_view name) {
  for (const auto& [value, text] : kNames) {
    if (text == name) return value;
  }
  return std::nullopt;
}

}  // namespace hone::golang
