#include "project/template.h"

#include <gtest/gtest.h>

#include <cstdlib>

namespace hone::project {
namespace {

std::string Expanded(std::string_view text, const Values& values) {
  const auto parsed = Template::Parse(text);
  if (!parsed) return "parse: " + base::Sentence(parsed.error());
  const auto expanded = parsed->Expand(values);
  return expanded ? *expanded : "expand: " + base::Sentence(expanded.error());
}

TEST(Template, FillsInNames) {
  const Values values = {{"port", "8081"}, {"port.debug", "8082"}, {"login.a-b.key_1", "t"}, {"empty", ""}};
  EXPECT_EQ(Expanded("http://127.0.0.1:${port}/x", values), "http://127.0.0.1:8081/x");
  EXPECT_EQ(Expanded("${port}${port.debug}", values), "80818082");
  EXPECT_EQ(Expanded("Bearer ${login.a-b.key_1}", values), "Bearer t");
  EXPECT_EQ(Expanded("<${empty}>", values), "<>");
  EXPECT_EQ(Expanded("", values), "");
}

TEST(Template, KeepsOtherDollars) {
  const Values values = {{"n", "5"}};
  EXPECT_EQ(Expanded("$1 $$ $n {n} $${n} ${n}$", values), "$1 $$ $n {n} ${n} 5$");
  EXPECT_EQ(Expanded("$$${n}", values), "$${n}");
}

TEST(Template, DoesNotExpandValuesAgain) { EXPECT_EQ(Expanded("${a}", {{"a", "${b}"}, {"b", "x"}}), "${b}"); }

TEST(Template, RefusesWhatIsNoName) {
  EXPECT_EQ(Expanded("ab ${port", {}), "parse: `${` has no `}` after it, at character 4. Write $${ for a literal ${");
  EXPECT_EQ(Expanded("${}", {}), "parse: `${}` is not a name, at character 1. Write $${ for a literal ${");
  EXPECT_EQ(Expanded("x ${a b}", {}), "parse: `${a b}` is not a name, at character 3. Write $${ for a literal ${");
}

TEST(Template, NamesWhatHasNoValue) {
  EXPECT_EQ(Expanded("a ${nope} b", {}), "expand: `${nope}` has no value, at character 3: a ${nope} b");
}

TEST(Template, ReadsItsOwnEnvironment) {
  ASSERT_EQ(setenv("HONE_TEMPLATE_TEST", "seen", 1), 0);
  EXPECT_EQ(Expanded("${env.HONE_TEMPLATE_TEST}", {}), "seen");
  ASSERT_EQ(unsetenv("HONE_TEMPLATE_TEST"), 0);
  EXPECT_TRUE(Expanded("${env.HONE_TEMPLATE_TEST}", {}).starts_with("expand: "));
}

TEST(Template, TellsItsPartsAndNames) {
  const auto parsed = Template::Parse("/a/${id}?n=${n}");
  ASSERT_TRUE(parsed);
  ASSERT_EQ(parsed->parts().size(), 4u);
  EXPECT_EQ(parsed->parts()[1], (Template::Part{true, "id", 3}));
  EXPECT_EQ(parsed->parts()[2], (Template::Part{false, "?n=", 8}));
  EXPECT_TRUE(parsed->Uses("n"));
  EXPECT_FALSE(parsed->Uses("a"));
  EXPECT_EQ(parsed->source(), "/a/${id}?n=${n}");
}

TEST(Template, EncodesValuesWithWhatStandsBefore) {
  const auto parsed = Template::Parse("a${x}b${x}");
  ASSERT_TRUE(parsed);
  const auto expanded = parsed->Expand([](std::string_view) { return "v"; },
                                       [](std::string_view value, std::string_view before) {
                                         return std::string(value) + std::to_string(before.size());
                                       });
  ASSERT_TRUE(expanded);
  EXPECT_EQ(*expanded, "av1bv4");
}

}  // namespace
}  // namespace hone::project
