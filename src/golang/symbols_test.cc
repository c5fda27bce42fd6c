#include "golang/symbols.h"

#include <gtest/gtest.h>

#include <vector>

#include "golang/symbol_sets.h"

namespace hone::golang {
namespace {

struct Parsed {
  std::string_view name, package, receiver, function, closure, short_name;
};

class SymbolTest : public testing::TestWithParam<Parsed> {};

TEST_P(SymbolTest, TakesItApart) {
  const Parsed& want = GetParam();
  const Symbol got = ParseSymbol(want.name);
  EXPECT_EQ(got.package, want.package) << want.name;
  EXPECT_EQ(got.receiver, want.receiver) << want.name;
  EXPECT_EQ(got.name, want.function) << want.name;
  EXPECT_EQ(got.closure, want.closure) << want.name;
  EXPECT_EQ(ShortName(want.name), want.short_name) << want.name;
}

INSTANTIATE_TEST_SUITE_P(
    Names, SymbolTest,
    testing::Values(
        Parsed{"main.main", "main", "", "main", "", "main.main"},
        Parsed{"main.main.func1", "main", "", "main", "func1", "main.main.func1"},
        Parsed{"main.main.func1.2", "main", "", "main", "func1.2", "main.main.func1.2"},
        Parsed{"main.init.0", "main", "", "init", "0", "main.init.0"},
        Parsed{"main.glob..func3", "main", "", "glob.", "func3", "main.glob..func3"},
        Parsed{"example.com/shop/internal/store.(*OrderStore).List", "example.com/shop/internal/store", "OrderStore",
               "List", "", "store.(*OrderStore).List"},
        Parsed{"example.com/shop/store.(*OrderStore).List.func1.1", "example.com/shop/store", "OrderStore", "List",
               "func1.1", "store.(*OrderStore).List.func1.1"},
        Parsed{"example.com/shop/api.(*Server).list-fm", "example.com/shop/api", "Server", "list", "fm",
               "api.(*Server).list-fm"},
        Parsed{"main.(*T).Close.deferwrap1", "main", "T", "Close", "deferwrap1", "main.(*T).Close.deferwrap1"},
        Parsed{"main.run.gowrap2", "main", "", "run", "gowrap2", "main.run.gowrap2"},
        Parsed{"main.All-range1", "main", "", "All", "range1", "main.All-range1"},
        Parsed{"time.Duration.String", "time", "Duration", "String", "", "time.Duration.String"},
        Parsed{"net/http.HandlerFunc.ServeHTTP", "net/http", "HandlerFunc", "ServeHTTP", "",
               "http.HandlerFunc.ServeHTTP"},
        Parsed{"slices.SortFunc[...]", "slices", "", "SortFunc", "", "slices.SortFunc[...]"},
        Parsed{"main.Map[go.shape.string,go.shape.[]example.com/x.T].func1", "main", "", "Map", "func1",
               "main.Map[go.shape.string,go.shape.[]example.com/x.T].func1"},
        Parsed{"example.com/a/cache.(*LRU[...]).Get", "example.com/a/cache", "LRU", "Get", "", "cache.(*LRU[...]).Get"},
        Parsed{"gopkg.in/yaml%2ev3.(*Decoder).Decode", "gopkg.in/yaml.v3", "Decoder", "Decode", "",
               "yaml.v3.(*Decoder).Decode"},
        Parsed{"github.com/jackc/pgx/v5.(*Conn).Query", "github.com/jackc/pgx/v5", "Conn", "Query", "",
               "pgx.(*Conn).Query"},
        Parsed{"example.com/shop/vendor/github.com/x/y.F", "github.com/x/y", "", "F", "", "y.F"},
        Parsed{"memcpy", "", "", "memcpy", "", "memcpy"}, Parsed{"", "", "", "", "", ""},
        Parsed{"type:.eq.example.com/x.T", "", "", "type:.eq.example.com/x.T", "", "type:.eq.example.com/x.T"},
        Parsed{"runtime.goexit.abi0", "runtime", "", "goexit", "abi0", "runtime.goexit.abi0"}));

TEST(SymbolsTest, SurvivesWhatNoLinkerWrites) {
  for (const std::string_view name : {".", "/", "(", "a.(", "a.(*", "a.()", "a.(*T)", "a.(*T).", "a.[", "a.]", "%",
                                      "a%2", "%zz.f", "a.b.", "..", "-"}) {
    const Symbol symbol = ParseSymbol(name);
    EXPECT_LE(symbol.name.size(), name.size());
    ShortName(name);
    Classify(name, {});
  }
}

TEST(SymbolsTest, ClosuresAreWithinTheirFunction) {
  EXPECT_TRUE(IsWithin("a.(*T).List", "a.(*T).List"));
  EXPECT_TRUE(IsWithin("a.(*T).List.func1.2", "a.(*T).List"));
  EXPECT_TRUE(IsWithin("a.(*T).List-fm", "a.(*T).List"));
  EXPECT_TRUE(IsWithin("a.(*T).List", "a.(*T).List-fm"));
  EXPECT_TRUE(IsWithin("a.Map[...].func1", "a.Map"));
  EXPECT_FALSE(IsWithin("a.(*T).ListAll", "a.(*T).List"));
  EXPECT_FALSE(IsWithin("a.List.Next", "a.List"));
  EXPECT_FALSE(IsWithin("a.f", ""));
}

TEST(SymbolsTest, TellsWhoseCodeItIs) {
  const std::vector<Module> modules = {{"example.com/shop", "/src/shop"}, {"plain", ""}};
  const auto of = [&](std::string_view name) { return Classify(name, modules); };
  EXPECT_EQ(of("main.main"), Origin::kUser);
  EXPECT_EQ(of("example.com/shop/internal/x.F"), Origin::kUser);
  EXPECT_EQ(of("example.com/shop.F"), Origin::kUser);
  EXPECT_EQ(of("example.com/shopping.F"), Origin::kThirdParty);
  EXPECT_EQ(of("plain/internal.F"), Origin::kUser);
  EXPECT_EQ(of("example.com/shop/vendor/github.com/x/y.F"), Origin::kThirdParty);
  EXPECT_EQ(of("github.com/gin-gonic/gin.(*Context).Next"), Origin::kThirdParty);
  EXPECT_EQ(of("vendor/golang.org/x/net/http2/hpack.F"), Origin::kStandard);
  EXPECT_EQ(of("encoding/json.Marshal"), Origin::kStandard);
  EXPECT_EQ(of("runtime/pprof.Do"), Origin::kStandard);
  EXPECT_EQ(of("runtime.mallocgc"), Origin::kRuntime);
  EXPECT_EQ(of("internal/runtime/maps.(*Map).Get"), Origin::kRuntime);
  EXPECT_EQ(of("memcpy"), Origin::kUnknown);
}

TEST(SymbolsTest, FilesAreRelativeToTheModule) {
  const std::vector<Module> modules = {{"example.com/shop", "/src/shop"}};
  const std::vector<Module> without_dir = {{"example.com/shop", ""}};
  EXPECT_EQ(RelativeFile("/src/shop/cmd/shop/main.go", "main.main", modules), "cmd/shop/main.go");
  EXPECT_EQ(RelativeFile("/src/shopping/main.go", "main.main", modules), "/src/shopping/main.go");
  EXPECT_EQ(RelativeFile("example.com/shop/internal/x.go", "example.com/shop/internal.F", without_dir),
            "internal/x.go");
  EXPECT_EQ(RelativeFile("/elsewhere/internal/store/x.go", "example.com/shop/internal/store.F", without_dir),
            "internal/store/x.go");
  EXPECT_EQ(RelativeFile("/elsewhere/x.go", "example.com/shop.F", without_dir), "x.go");
  EXPECT_EQ(RelativeFile("/go/src/fmt/print.go", "fmt.Println", modules), "/go/src/fmt/print.go");
}

TEST(SymbolSetsTest, NamesReadBack) {
  for (const SymbolPrefix& prefix : SymbolPrefixes()) {
    EXPECT_EQ(SymbolSetByName(Name(prefix.set)), prefix.set);
    EXPECT_TRUE(InSet(prefix.set, prefix.prefix));
  }
  EXPECT_FALSE(SymbolSetByName("nonsense"));
  EXPECT_TRUE(InSet(SymbolSet::kJson, "encoding/json/v2.marshal"));
  EXPECT_FALSE(InSet(SymbolSet::kObserver,
                     "github.com/prometheus/client_golang/prometheus/promhttp.InstrumentHandlerDuration.func1"));
}

}  // namespace
}  // namespace hone::golang
