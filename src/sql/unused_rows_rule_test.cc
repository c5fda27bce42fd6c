#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "sql/needed_rows.h"
#include "sql/rules_for_test.h"

namespace hone::sql {
namespace {

constexpr std::string_view kAll = "select id, starts_at, status from appointments where starts_at >= $1";
const std::vector<int64_t> kListSizes = {1, 5, 20, 50};

// Requests that run `work` and list as many elements as they ask for, of `most` that there are.
Exchange Listing(const Work& work, int64_t most = 1000) {
  return Drive(
      [&](Script& s, int64_t n, int repetition) {
        work(s, n, repetition);
        s.phase().requests.back().body_elements = std::min(n, most);
      },
      kListSizes);
}

bool Told(const Exchange& exchange) {
  const auto rules = Rules(JudgeExchange(exchange));
  return std::ranges::find(rules, "sql.rows_unused") != rules.end();
}

TEST(UnusedRows, AreThoseThatTheAnswerDoesNotList) {
  const Exchange exchange = Listing([](Script& s, int64_t, int repetition) {
    s.Run("select * from sessions where token = $1", {std::to_string(9000 + repetition)});
    s.Run(TextOf(kAll), {"2026-01-01"}, 640);
  });
  const auto judgement = JudgeExchange(exchange);
  const auto found = std::ranges::find(judgement.findings, "sql.rows_unused", &evidence::FindingDraft::rule);
  ASSERT_NE(found, judgement.findings.end());
  EXPECT_EQ(found->subject.name, kAll);
  EXPECT_EQ(ComputeAll(exchange, *found).at(0).value, 640);
  EXPECT_EQ(ComputeAll(exchange, *found).at(1).value, 50);
}

TEST(UnusedRows, AreThoseWithoutWhichTheAnswerWasTheSame) {
  const Exchange exchange = Drive([](Script& s, int64_t, int) { s.Run(TextOf(kAll), {"2026-01-01"}, 640); }, {-1});
  EXPECT_FALSE(Told(exchange));
  RuleOptions options;
  options.needed_rows[exchange.queries.at(0).id] = 9;
  const auto judgement = JudgeExchange(exchange, options);
  const auto found = std::ranges::find(judgement.findings, "sql.rows_unused", &evidence::FindingDraft::rule);
  ASSERT_NE(found, judgement.findings.end());
  EXPECT_EQ(found->subject.name, kAll);
  const std::string bytes = EncodeNeededRows(
      {.endpoint = "GET /a", .query = exchange.queries.at(0).id, .text = TextOf(kAll), .rows = 640, .needed = 12});
  for (const size_t i : {0U, 1U}) {
    const evidence::MeasurementSpec& spec = found->support.at(i);
    EXPECT_EQ(spec.captures, std::vector<evidence::CaptureId>{9});
    const evidence::Capture capture;
    const evidence::CaptureBytes input{&capture, bytes};
    const auto computed = NeededRowsMethods().front().compute({&input, 1}, spec.parameters, 1);
    ASSERT_TRUE(computed) << computed.error().what;
    EXPECT_EQ(computed->value, i == 0 ? 640 : 12);
  }
}

TEST(UnusedRows, LookAlikes) {
  const auto list = [](int64_t rows) {
    return [rows](Script& s, int64_t, int) { s.Run(TextOf(kAll), {"2026-01-01"}, rows); };
  };
  EXPECT_TRUE(Told(Listing(list(200))));
  EXPECT_FALSE(Told(Listing(list(199)))) << "less than four times the longest list";
  EXPECT_FALSE(Told(Listing(list(640), 1))) << "answers of one length";
  EXPECT_FALSE(Told(Listing([](Script& s, int64_t n, int) { s.Run(TextOf(kAll), {"2026-01-01"}, 300 * n); })))
      << "a few times what is asked for";
  EXPECT_FALSE(Told(Listing([](Script& s, int64_t n, int) {
    s.Run("select code from permissions where account = $1", {"7001"}, 300);
    ListOrders(s, n);
  }))) << "the list is another statement's";
  EXPECT_FALSE(Told(Listing([](Script& s, int64_t, int) {
    for (int i = 0; i < 2; ++i) s.Run(TextOf(kAll), {std::to_string(7000 + i)}, 640);
  }))) << "two readings";
  EXPECT_FALSE(Told(Drive(list(640), kListSizes))) << "answers that are no JSON";
}

constexpr std::string_view kLoans = "select id, reference, ends_on from loans where status = $1";
constexpr int64_t kFirstLoan = 50'000;

std::string ReferenceOf(int64_t loan) { return "L-" + std::to_string(loan); }

// An answer that lists loans by their ids, with their references.
ListedValues Shown(const std::vector<int64_t>& loans) {
  ListedValues values;
  for (const int64_t loan : loans) {
    values.elements.push_back({.id = std::to_string(loan), .others = {ReferenceOf(loan)}});
    values.all.insert({std::to_string(loan), ReferenceOf(loan)});
  }
  return values;
}

std::vector<int64_t> Loans(int64_t count, int64_t first = kFirstLoan) {
  std::vector<int64_t> loans;
  for (int64_t i = 0; i < count; ++i) loans.push_back(first + i);
  return loans;
}

// Requests without a size that read so many loans, of which the first 200 are traced whole, and answer with `shown`.
Exchange Overdue(const std::vector<int64_t>& loans, const ListedValues& shown, int requests = 9,
                 const std::function<void(Script&)>& more = {}) {
  Script script("");
  for (int i = 0; i < requests; ++i) {
    script.BeginRequest(-1, i == 0);
    script.phase().listed.emplace(script.phase().requests.back().start_ns, shown);
    script.phase().requests.back().body_elements = std::ssize(shown.elements);
    RecordedStatement& statement = script.Run(TextOf(kLoans), {"active"}, std::ssize(loans));
    for (size_t row = 0; row < loans.size(); ++row) {
      statement.cells.push_back({0, script.Value(std::to_string(loans[row]))});
      if (row >= 200) continue;
      statement.cells.push_back({1, script.Value(ReferenceOf(loans[row]))});
      statement.cells.push_back({2, script.Value("12.00")});
    }
    if (more) more(script);
    script.EndRequest();
  }
  return script.Build();
}

TEST(UnusedRows, AreThoseWhoseValuesDoNotStandInTheAnswer) {
  const Exchange exchange = Overdue(Loans(640), Shown({kFirstLoan + 3, kFirstLoan + 600}));
  const auto judgement = JudgeExchange(exchange);
  const auto found = std::ranges::find(judgement.findings, "sql.rows_unused", &evidence::FindingDraft::rule);
  ASSERT_NE(found, judgement.findings.end());
  EXPECT_EQ(found->subject.name, kLoans);
  EXPECT_EQ(ComputeAll(exchange, *found).at(0).value, 640);
  EXPECT_EQ(ComputeAll(exchange, *found).at(1).value, 2);
}

TEST(UnusedRows, StandInTheAnswerOrMayBeMadeUseOf) {
  EXPECT_TRUE(Told(Overdue(Loans(640), Shown(Loans(160)))));
  EXPECT_FALSE(Told(Overdue(Loans(640), Shown(Loans(161))))) << "less than four times those that are listed";
  EXPECT_FALSE(Told(Overdue(Loans(80), Shown(Loans(1))))) << "few rows";
  EXPECT_FALSE(Told(Overdue(Loans(640), Shown(Loans(1)), 5))) << "few requests";
  EXPECT_FALSE(Told(Overdue(Loans(640), Shown({kFirstLoan, 9})))) << "one of the elements is another statement's";
  EXPECT_FALSE(Told(Overdue(Loans(640), Shown({kFirstLoan + 600})))) << "no listed row is traced whole";
  ListedValues elsewhere = Shown(Loans(1));
  for (const int64_t loan : Loans(640)) elsewhere.all.insert(std::to_string(loan));
  EXPECT_FALSE(Told(Overdue(Loans(640), elsewhere))) << "the others stand elsewhere in the answer";
}

TEST(UnusedRows, AreNotThoseThatSumsAreMadeOf) {
  // Months and customers have small numbers, as the rows of a seed have.
  ListedValues months;
  for (int month = 1; month <= 12; ++month) {
    months.elements.push_back({.id = std::to_string(month), .others = {"of 2026"}});
    months.all.insert(std::to_string(month));
  }
  EXPECT_FALSE(Told(Overdue(Loans(640, 1), months)));
  ListedValues counted = Shown(Loans(2));
  counted.elements[0].others.emplace_back("37");
  counted.elements[0].whole_numbers.emplace_back("37");
  EXPECT_FALSE(Told(Overdue(Loans(640), counted))) << "a count of other rows";
  counted.elements[0].others.back() = counted.elements[0].whole_numbers.back() = "12";
  EXPECT_TRUE(Told(Overdue(Loans(640), counted))) << "its row has 12.00";
  const auto asks_again = [](Script& script) {
    RecordedStatement& statement = script.Run("select 1 from items where loan_id = any($1)", {"all of them"}, 1);
    std::string ids = "{1";
    for (int i = 2; i <= 640; ++i) ids += "," + std::to_string(i);
    statement.bind =
        std::make_shared<const RecordedBind>(RecordedBind{.oids = {1016}, .formats = {}, .values = {ids + "}"}});
  };
  EXPECT_FALSE(Told(Overdue(Loans(640), Shown(Loans(1)), 9, asks_again))) << "another statement gets them all";
}

}  // namespace
}  // namespace hone::sql
