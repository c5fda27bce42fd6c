#include "project/stub.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/files.h"

namespace hone::project {
namespace {

std::vector<StubAnswer> Answers(const std::vector<std::pair<std::string, std::string>>& patterns) {
  std::vector<StubAnswer> answers;
  for (const auto& [method, path] : patterns) answers.push_back({.method = method, .path = path});
  return answers;
}

bool Matches(const std::string& path, std::string_view target) {
  return MatchStub(Answers({{"", path}}), "GET", target).has_value();
}

TEST(MatchStub, TheFirstThatMatchesAnswers) {
  const auto answers = Answers({{"POST", "/v1/charges"}, {"GET", "/v1/charges/{id}"}, {"", "/v1/*"}});
  EXPECT_EQ(MatchStub(answers, "POST", "/v1/charges")->answer, 0U);
  const auto one = MatchStub(answers, "GET", "/v1/charges/ch%201?expand=x");
  EXPECT_EQ(one->answer, 1U);
  EXPECT_EQ(one->wildcards.at("id"), "ch 1");
  EXPECT_EQ(MatchStub(answers, "HEAD", "/v1/charges/1")->answer, 1U);
  EXPECT_EQ(MatchStub(answers, "DELETE", "/v1/charges/1")->answer, 2U);
  EXPECT_FALSE(MatchStub(answers, "GET", "/v2/charges"));
}

TEST(MatchStub, Paths) {
  EXPECT_TRUE(Matches("/", "/"));
  EXPECT_FALSE(Matches("/", "/a"));
  EXPECT_TRUE(Matches("/*", "/a/b"));
  EXPECT_TRUE(Matches("/a/*", "/a/"));
  EXPECT_FALSE(Matches("/a/*", "/a"));
  EXPECT_FALSE(Matches("/a/{id}", "/a/"));
  EXPECT_FALSE(Matches("/a/{id}", "/a/b/c"));
  EXPECT_TRUE(Matches("/a%2Db", "/a-b"));
  EXPECT_FALSE(Matches("/a", "*"));
}

TEST(MatchStub, Queries) {
  EXPECT_TRUE(Matches("/a?x=1", "/a?y=2&x=1"));
  EXPECT_FALSE(Matches("/a?x=1", "/a?x=2"));
  EXPECT_FALSE(Matches("/a?x=1", "/a"));
  EXPECT_TRUE(Matches("/a?x=*", "/a?x=2"));
  EXPECT_FALSE(Matches("/a?x=*", "/a?y=2"));
  EXPECT_TRUE(Matches("/a?x=b%20c", "/a?x=b%20c"));
}

TEST(WrongPattern, SaysWhatIsWrong) {
  EXPECT_FALSE(WrongPattern("/v1/{id}/x/*"));
  EXPECT_NE(WrongPattern("v1")->find("slash"), std::string::npos);
  EXPECT_NE(WrongPattern("/${id}")->find("{name}"), std::string::npos);
  EXPECT_NE(WrongPattern("/a*")->find("last element"), std::string::npos);
  EXPECT_NE(WrongPattern("/*/a")->find("last element"), std::string::npos);
  EXPECT_NE(WrongPattern("/a{id}")->find("whole element"), std::string::npos);
  EXPECT_NE(WrongPattern("/{a}/{a}")->find("twice"), std::string::npos);
  EXPECT_NE(WrongPattern("/a b")->find("%20"), std::string::npos);
}

TEST(ShownPath, HidesWhatLooksLikeAValue) {
  EXPECT_EQ(ShownPath("/v1/charges"), "/v1/charges");
  EXPECT_EQ(ShownPath("/v1/charges/ch_17?secret=x"), "/v1/charges/{id}");
  EXPECT_EQ(ShownPath("/users/a@b.example/orders/4711"), "/users/{id}/orders/{id2}");
  EXPECT_EQ(ShownPath("/"), "/");
  EXPECT_EQ(ShownPath("*"), "/");
  EXPECT_FALSE(WrongPattern(ShownPath("/a/1/2/3")));
}

constexpr std::string_view kHar = R"({"log": {"version": "1.2", "entries": [
  {"request": {"method": "GET", "url": "https://api.example.com/rates/{x}?day=1#top"},
   "response": {"status": 200,
                "headers": [{"name": "Content-Type", "value": "application/json"}, {"name": "Content-Encoding", "value": "gzip"},
                            {"name": "X-Price", "value": "${db.url}"}],
                "content": {"text": "{\"usd\": 1}", "mimeType": "application/json"}}},
  {"request": {"method": "GET", "url": "https://api.example.com/logo"},
   "response": {"status": 200, "headers": [], "content": {"text": "AAEC", "encoding": "base64"}}},
  {"request": {"method": "GET", "url": "https://api.example.com/lost"}, "response": {"status": 0}}]}})";

TEST(ParseHar, AnswersAsRecorded) {
  const auto answers = ParseHar(kHar);
  ASSERT_TRUE(answers);
  ASSERT_EQ(answers->size(), 2U);
  const StubAnswer& rates = (*answers)[0];
  EXPECT_EQ(rates.path, "/rates/{x}?day=1");
  EXPECT_EQ(rates.bytes, "{\"usd\": 1}");
  ASSERT_EQ(rates.headers.size(), 2U);
  EXPECT_EQ(rates.headers[1].second.Expand(Values()), "${db.url}");
  EXPECT_EQ((*answers)[1].bytes, std::string("\0\1\2", 3));
  EXPECT_TRUE(MatchStub(*answers, "GET", "/rates/{x}?day=1"));
  EXPECT_FALSE(MatchStub(*answers, "GET", "/rates/y?day=1"));
}

TEST(ParseHar, RefusesWhatIsNone) {
  for (const std::string_view text : {"", "[]", "{}", R"({"log": {"entries": [{}]}})", R"({"log": {"entries": 5}})"})
    EXPECT_EQ(ParseHar(text).error().code, base::Code::kInput) << text;
}

TEST(ReadAnswers, FilesAndRecordings) {
  const auto folder = base::TemporaryDirectory::Create("stub");
  ASSERT_TRUE(folder);
  ASSERT_TRUE(base::WriteFile(folder->path() / "a.json", "[1]"));
  ASSERT_TRUE(base::WriteFile(folder->path() / "up.har", kHar));
  Stub stub{.name = "rates", .har = folder->path() / "up.har", .delay_ns = 5, .at = {.line = 7}};
  stub.answers.push_back({.path = "/a", .file = folder->path() / "a.json", .at = {.line = 9}});
  const auto answers = ReadAnswers(stub);
  ASSERT_TRUE(answers);
  ASSERT_EQ(answers->size(), 3U);
  EXPECT_EQ((*answers)[0].bytes, "[1]");
  EXPECT_EQ((*answers)[1].delay_ns, 5);
  stub.answers[0].file = folder->path() / "b.json";
  EXPECT_NE(ReadAnswers(stub).error().what.find("line 9"), std::string::npos);
  stub.answers.clear();
  ASSERT_TRUE(base::WriteFile(stub.har, "no"));
  EXPECT_NE(ReadAnswers(stub).error().what.find("line 7"), std::string::npos);
}

}  // namespace
}  // namespace hone::project
