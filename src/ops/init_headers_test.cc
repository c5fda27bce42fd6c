#include "ops/init_headers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hone::ops {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class TenantTest : public ::testing::Test {
 protected:
  Making Make(const std::map<std::string, std::string>& sent) {
    const std::vector<const golang::Route*> routes = {&route_};
    const Lists lists(routes);
    Making making;
    MakeTenant({.route = route_, .routes = routes, .lists = lists, .tables = tables_}, inspection_, sent, texts_,
               making);
    return making;
  }

  golang::Route route_ = {.method = "GET", .middleware = {"example.com/m.depotOnly"}};
  golang::Inspection inspection_ = {
      .headers = {{.name = "X-Depot",
                   .middleware = "example.com/m.depotOnly",
                   .routes = 3,
                   .compared = golang::Compared{.tables = {"depots"}, .column = "code"}}}};
  std::vector<SchemaTable> tables_ = {{"depots", {"id", "code"}}, {"keys", {"id", "key"}}};
  std::vector<SourceText> texts_ = {{.file = "README.md", .text = "curl -H 'X-Depot: NORTH' localhost:8080/buses\n"}};
};

TEST_F(TenantTest, IsWhomMiddlewareLooksUp) {
  const Making making = Make({{"x-depot", "SOUTH"}});
  ASSERT_TRUE(making.within);
  EXPECT_EQ(*making.within, (project::Within{"depots", "code", "SOUTH"}));
  EXPECT_THAT(making.headers, IsEmpty()) << "[headers] has it";
  route_.middleware.clear();
  EXPECT_FALSE(Make({{"x-depot", "SOUTH"}}).within) << "another route's";
  inspection_.headers[0].routes = 0;
  EXPECT_TRUE(Make({{"x-depot", "SOUTH"}}).within) << "before all of them";
  EXPECT_FALSE(Make({}).within) << "nobody knows which";
}

TEST_F(TenantTest, NothingBelongsToAKey) {
  inspection_.headers[0] = {.name = "X-Api-Key", .compared = golang::Compared{.tables = {"keys"}, .column = "key"}};
  EXPECT_FALSE(Make({{"x-api-key", "k"}}).within);
}

TEST_F(TenantTest, IsSentWhereAHandlerReadsIt) {
  inspection_.headers.clear();
  golang::Parameter header;
  header.name = "X-Depot";
  route_.headers = {header};
  EXPECT_THAT(Make({}).headers, IsEmpty()) << "it may do without";
  route_.headers[0].compared = golang::Compared{.tables = {"depots"}, .column = "code"};
  const Making making = Make({});
  EXPECT_THAT(making.headers, ElementsAre("X-Depot = \"NORTH\"  # README.md:1"));
  EXPECT_EQ(*making.within, (project::Within{"depots", "code", "NORTH"}));
  texts_.clear();
  EXPECT_THAT(Make({}).headers, IsEmpty());
}

TEST_F(TenantTest, WhoAsksIsSaidWhereverItIsRead) {
  texts_ = {{.file = "README.md", .text = "curl -H 'X-API-Key: k_demo_4f1c' localhost:8080/buses\n"}};
  golang::Parameter header;
  header.name = "X-API-Key";
  route_.headers = {header};
  const Making making = Make({});
  EXPECT_THAT(making.headers, ElementsAre("X-API-Key = \"k_demo_4f1c\"  # README.md:1"));
  EXPECT_FALSE(making.within);
  EXPECT_THAT(Make({{"x-api-key", "k"}}).headers, IsEmpty()) << "[headers] has it";
  inspection_.headers[0].name = "X-Api-Key";
  EXPECT_THAT(Make({}).headers, IsEmpty()) << "middleware reads it, too, and what it wants is drafted there";
  texts_[0].text = "curl -H 'Authorization: Bearer invalid' localhost:8080/buses\n";
  route_.headers[0].name = "Authorization";
  EXPECT_THAT(Make({}).headers, IsEmpty()) << "a login's";
}

}  // namespace
}  // namespace hone::ops
