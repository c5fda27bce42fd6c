#include "ops/request_examples.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hone::ops {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<Pairs> QueriesOf(const std::string& text, std::string_view path) {
  std::vector<Pairs> queries;
  for (const auto& example : FindQueries({{"README.md", text}}, path)) queries.push_back(example.value);
  return queries;
}

std::vector<RequestExample> RequestsOf(const std::string& text, std::string_view method, std::string_view path) {
  return FindRequests({{"README.md", text}}, method, path);
}

TEST(FindQueries, FindsRequestsInDocumentsAndSources) {
  const Pairs two = {{"from", "2025-01"}, {"to", "2025-02"}};
  EXPECT_THAT(QueriesOf("curl 'localhost:8080/reports?from=2025-01&to=2025-02'", "/reports"), ElementsAre(two));
  EXPECT_THAT(QueriesOf("get(\"/reports?from=2025-01&to=2025-02\")", "/reports"), ElementsAre(two));
  EXPECT_THAT(QueriesOf("see `/orders/17/lines?q=a%20b`", "/orders/{id}/lines"), ElementsAre(Pairs{{"q", "a%20b"}}));
  EXPECT_THAT(QueriesOf("http://x/orders/%d?q=a", "/orders/{id}"),
              IsEmpty());  // a path after a host's name is not told apart
}

TEST(FindQueries, ReadsTheDataOfCurl) {
  const Pairs three = {{"country", "CH"}, {"region", "Valais%20%26%20co"}, {"city", "Sion"}};
  for (const std::string command :
       {"curl -s -H \"$auth\" --get \"$api/reports/market\" -d country=CH --data-urlencode "
        "'region=Valais & co' -d city=Sion",
        "curl --get $B/reports/market --data=country=CH --data-urlencode region=\"Valais & co\" -d city='Sion'",
        "curl -G -d 'country=CH' \\\n  --data-urlencode \"region=Valais & co\" \\\n  -d "
        "city=Sion $B/reports/market | jq ."}) {
    EXPECT_THAT(QueriesOf(command, "/reports/market"), ElementsAre(three)) << command;
    EXPECT_EQ(RequestsOf(command, "GET", "/reports/market").at(0).query, three) << command;
  }
  EXPECT_THAT(QueriesOf("curl --get $B/orders -d from=$FROM -d 'a=1&b=2'", "/orders"),
              ElementsAre(Pairs{{"a", "1"}, {"b", "2"}}));
  EXPECT_THAT(QueriesOf("curl $B/orders -d 'a=1'", "/orders"), IsEmpty()) << "a form";
}

TEST(FindQueries, LeavesOtherPathsAndUnknownValuesOut) {
  EXPECT_THAT(QueriesOf("/v1/reports?q=a", "/reports"), IsEmpty());
  EXPECT_THAT(QueriesOf("/reports/daily?q=a", "/reports"), IsEmpty());
  EXPECT_THAT(QueriesOf("/reports?q=%s&n=${N}&ok=1", "/reports"), ElementsAre(Pairs{{"ok", "1"}}));
  EXPECT_THAT(QueriesOf("/reports?q=\u2026&ok=1", "/reports"), ElementsAre(Pairs{{"ok", "1"}}));
  EXPECT_THAT(QueriesOf("/reports", "/reports"), IsEmpty());
}

TEST(FindRequests, ReadsCommandsOfTheShell) {
  const std::string text =
      "curl -sf \"$B/orders?limit=5&status=open\"\n"
      "curl -X POST $B/orders -d '{\"a\": {\"b\": 1}}'\n"
      "curl -d '{\"c\": 2}' localhost:8080/orders\n"
      "curl -X PUT $B/orders/O-7 \\\n  -d '{\"d\": 3}'\n"
      "curl $B/orders/O-8\n";
  ASSERT_EQ(RequestsOf(text, "GET", "/orders").size(), 1U);
  EXPECT_EQ(RequestsOf(text, "GET", "/orders")[0].query, (Pairs{{"limit", "5"}, {"status", "open"}}));
  const auto posted = RequestsOf(text, "POST", "/orders");
  ASSERT_EQ(posted.size(), 2U);
  EXPECT_EQ(posted[0].body, "{\"a\": {\"b\": 1}}");
  EXPECT_EQ(posted[1].body, "{\"c\": 2}");
  const auto put = RequestsOf(text, "PUT", "/orders/{id}");
  ASSERT_EQ(put.size(), 1U);
  EXPECT_EQ(put[0].path.at("id"), "O-7");
  EXPECT_EQ(put[0].body, "{\"d\": 3}");
  EXPECT_EQ(RequestsOf(text, "GET", "/orders/{id}").at(0).path.at("id"), "O-8");
  EXPECT_THAT(RequestsOf(text, "DELETE", "/orders/{id}"), IsEmpty());
}

TEST(FindRequests, ReadsAPathWithItsBodyBelow) {
  const std::string text =
      "`POST /orders/{id}/pay`\n\n```json\n{\"amount\": 5}\n```\n\n`POST /orders/{id}/ship`, `/orders/9/ship`\n\n"
      "`POST /orders/{id}/hold`\n\n    {\"why\": \"}\"}\n";
  EXPECT_EQ(RequestsOf(text, "POST", "/orders/{id}/pay").at(0).body, "{\"amount\": 5}");
  const auto shipped = RequestsOf(text, "POST", "/orders/{id}/ship");
  ASSERT_EQ(shipped.size(), 2U);
  EXPECT_EQ(shipped[1].path.at("id"), "9");
  EXPECT_EQ(shipped[1].body, "") << "the next request's";
  EXPECT_EQ(RequestsOf(text, "POST", "/orders/{id}/hold").at(0).body, "{\"why\": \"}\"}");
  EXPECT_THAT(RequestsOf("see /orders/{id}/pay/all and /v1/orders/7/pay", "GET", "/orders/{id}/pay"), IsEmpty());
}

TEST(FindRequests, PassesOverVariablesOfHeadersToTheBody) {
  const std::string text =
      "POST {{base}}/orders\nAuthorization: Bearer {{token}}\n\n{\"amount\": 5}\n\n###\nPOST {{base}}/holds\nX-Key: "
      "{{key}}\n";
  EXPECT_EQ(RequestsOf(text, "POST", "/orders").at(0).body, "{\"amount\": 5}");
  EXPECT_EQ(RequestsOf(text, "POST", "/holds").at(0).body, "");
}

TEST(FindRequests, ReadsTheFileThatIsSent) {
  const std::vector<SourceText> texts = {
      {"docs/api.md",
       "curl -d @./order.json $B/orders\ncurl --data-binary \"@examples/pay.json\" $B/orders/7/pay\n"
       "curl -X PUT -d @../config/mine.json $B/orders/7\n"},
      {"docs/order.json", "\n{\"a\": 1}\n"},
      {"config/mine.json", "{\"mine\": 1}"},
      {"examples/pay.json", "{\"b\": 2}"}};
  EXPECT_EQ(FindRequests(texts, "POST", "/orders").at(0).body, "{\"a\": 1}");
  EXPECT_EQ(FindRequests(texts, "POST", "/orders/{id}/pay").at(0).body, "{\"b\": 2}");
  EXPECT_EQ(FindRequests(texts, "PUT", "/orders/{id}").at(0).body, "") << "somebody's own";
}

TEST(FindRequests, FindsTheMethodOfACommand) {
  const std::string many =
      "curl --location \\\n  -X PUT \\\n  http://h:1/orders/7 \\\r\n  -d '{\"a\": 1}'\n"
      "curl localhost:1/orders/8 -X DELETE\n"
      "curl -G -d q=x $B/orders/9\n"
      "`GET /orders`, `POST /orders`\n";
  EXPECT_EQ(RequestsOf(many, "PUT", "/orders/{id}").at(0).body, "{\"a\": 1}");
  EXPECT_EQ(RequestsOf(many, "DELETE", "/orders/{id}").at(0).path.at("id"), "8");
  EXPECT_EQ(RequestsOf(many, "GET", "/orders/{id}").at(0).path.at("id"), "9");
  EXPECT_EQ(RequestsOf(many, "POST", "/orders").size(), 1U);
  EXPECT_EQ(RequestsOf(many, "GET", "/orders").size(), 1U);
}

TEST(FindRequests, LeavesOutWhatStandsForSomethingElse) {
  for (const std::string placeholder :
       {":id", "%s", "ORDER_ID", "ORDER", "CODE", "id", "{orderID}", "$ID", "<id>", "...", "db7e-\u2026"})
    EXPECT_THAT(RequestsOf("GET /orders/" + placeholder + " it is", "GET", "/orders/{id}"), IsEmpty()) << placeholder;
  EXPECT_EQ(RequestsOf("see GET /orders/42.", "GET", "/orders/{id}").at(0).path.at("id"), "42");
  EXPECT_EQ(RequestsOf("GET /orders/7, GET /x", "GET", "/orders/{id}").at(0).path.at("id"), "7");
  for (const std::string longer : {"$B/customers/$CID", "/customers/{id}", "/customers/<id>", "/customers/${CID}"})
    EXPECT_THAT(RequestsOf("curl " + longer + "/orders?status=open", "GET", "/orders"), IsEmpty()) << longer;
  for (const std::string base : {"$B", "${BASE}", "{{host}}", "http://$HOST", "http://{{host}}", "localhost:8080"})
    EXPECT_EQ(RequestsOf("curl " + base + "/orders?status=open", "GET", "/orders").size(), 1U) << base;
}

TEST(FindRequests, TakesNoBodyThatIsAnothers) {
  const auto body = [](const std::string& text) { return RequestsOf(text, "POST", "/orders").at(0).body; };
  EXPECT_EQ(body("`POST /orders`\n\nResponse:\n\n{\"id\": 17}"), "");
  EXPECT_EQ(body("curl -X POST $B/orders # => {\"id\": 17}"), "");
  EXPECT_EQ(body("POST http://h:1/orders\n\n###\nPUT http://h:1/orders/7\n\n{\"note\": \"x\"}"), "");
  EXPECT_EQ(body("POST /orders\n\n{\"id\": '$CID', \"address\": {\"city\": \"Bonn\"}}"), "") << "a part";
  EXPECT_EQ(body("curl $B/orders -d '[{\"a\": 1}, {\"a\": 2}]'"), "");
  EXPECT_EQ(body("curl $B/orders -d '{\"id\": \"${ID}\"}'"), "") << "a variable of the shell";
}

}  // namespace
}  // namespace hone::ops
