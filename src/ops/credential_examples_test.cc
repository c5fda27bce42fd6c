#include "ops/credential_examples.h"

#include <gtest/gtest.h>

namespace hone::ops {
namespace {

TEST(FindCredentials, TakesAJsonObjectOfADocument) {
  const auto found = FindCredentials(
      {{"README.md", "Log in:\n\n    curl -d '{\"email\":\"a@b.example\",\"password\":\"correct\"}' x"}},
      {"email", "password"});
  ASSERT_TRUE(found);
  EXPECT_EQ(found->value.at("email"), "a@b.example");
  EXPECT_EQ(found->value.at("password"), "correct");
  EXPECT_EQ(found->origin, "README.md:3");
}

TEST(FindCredentials, DoesNotMindTheCaseOfNames) {
  const auto found = FindCredentials({{"README.md", "{\"email\": \"a@b.example\", \"password\": \"correct\"}"}},
                                     {"Email", "Password"});
  ASSERT_TRUE(found);
  EXPECT_EQ(found->value.at("Password"), "correct");
}

TEST(FindCredentials, ReadsFormsAndTheirVariables) {
  const std::vector<std::string> fields = {"client_id", "client_secret"};
  const auto curl =
      FindCredentials({{"README.md", "curl -d client_id=desk -d client_secret=curtain-up localhost/token"}}, fields);
  ASSERT_TRUE(curl);
  EXPECT_EQ(curl->value.at("client_id"), "desk");
  EXPECT_EQ(curl->value.at("client_secret"), "curtain-up");
  const auto http = FindCredentials(
      {{"api.http",
        "@id = desk\n@secret = \"curtain up\"\n\nPOST {{host}}/token\n\nclient_id={{id}}&client_secret={{secret}}\n"}},
      fields);
  ASSERT_TRUE(http);
  EXPECT_EQ(http->value.at("client_secret"), "curtain up");
  EXPECT_EQ(http->origin, "api.http:6");
  EXPECT_FALSE(FindCredentials({{"README.md", "client_id=desk&client_secret=<yours>"}}, fields));
  const auto encoded = FindCredentials({{"README.md", "curl --data 'client_id=a%2Bb&client_secret=c%20d'"}}, fields);
  ASSERT_TRUE(encoded);
  EXPECT_EQ(encoded->value.at("client_id"), "a+b");
  const auto json = FindCredentials({{"api.http", "@mail = a@b.c\n\n{\"email\": \"{{mail}}\", \"password\": \"pw\"}"}},
                                    {"email", "password"});
  ASSERT_TRUE(json);
  EXPECT_EQ(json->value.at("email"), "a@b.c");
}

TEST(FindCredentials, ReadsEscapedQuotesAndSkipsFormatVerbs) {
  const std::vector<SourceText> texts = {{"main.go",
                                          "fmt.Sprintf(`{\"email\": %q, \"password\": \"%s\"}`)\nbody := "
                                          "\"{\\\"email\\\": \\\"a@b.c\\\", \\\"password\\\": \\\"pw\\\"}\""}};
  const auto found = FindCredentials(texts, {"email", "password"});
  ASSERT_TRUE(found);
  EXPECT_EQ(found->origin, "main.go:2");
}

TEST(FindCredentials, ATagIsNoValueAndWhoAsksByBasicMayLogIn) {
  const std::vector<SourceText> texts = {
      {"README.md", "Basic auth: `admin` / `quartz`.\n"},
      {"seed.go",
       "type account struct {\n\tUsername string `json:\"username\"`\n\tPassword string `json:\"password\"`\n}\n"}};
  const auto found = FindCredentials(texts, {"username", "password"});
  ASSERT_TRUE(found);
  EXPECT_EQ(found->value.at("username"), "admin");
  EXPECT_EQ(found->value.at("password"), "quartz");
  EXPECT_FALSE(FindCredentials({texts[1]}, {"username", "password"}));
}

TEST(FindCredentials, TakesConstantsOfSeedCodeBeforeTests) {
  const std::vector<SourceText> texts = {
      {"internal/seed/seed.go", "const Password = \"correct horse\"\nconst StaffEmail = \"s@shop.example\"\n"},
      {"api_test.go", "`{\"email\": \"nobody@x.y\", \"password\": \"wrong\"}`"}};
  const auto found = FindCredentials(texts, {"email", "password"});
  ASSERT_TRUE(found);
  EXPECT_EQ(found->value.at("email"), "s@shop.example");
  EXPECT_EQ(found->value.at("password"), "correct horse");
  EXPECT_EQ(found->origin, "internal/seed/seed.go:2, internal/seed/seed.go:1");
}

TEST(FindCredentials, FallsBackToTestsAndThenToNothing) {
  const auto found =
      FindCredentials({{"api_test.go", "`{\"email\": \"a@x.y\", \"password\": \"right\"}`"}}, {"email", "password"});
  ASSERT_TRUE(found);
  EXPECT_EQ(found->origin, "api_test.go:1");
  EXPECT_FALSE(FindCredentials({{"main.go", "email := input.Email"}}, {"email", "password"}));
  EXPECT_FALSE(FindCredentials({}, {}));
}

TEST(FindCredentials, TakesNoSettingsOfAPersonsOwn) {
  const std::string object = "{\"email\": \"a@b.example\", \"password\": \"correct\"}";
  const auto from = [&](const std::string& file) {
    return FindCredentials({{file, object}}, {"email", "password"}).has_value();
  };
  for (const char* file : {"config/local.json", "settings.yaml", "docker/smtp.yml", "latest/a.json",
                           "http-client.private.env.json", "docs/private/a.json", "private.md"})
    EXPECT_FALSE(from(file)) << file;
  for (const char* file : {"db/seeds/users.json", "test/login.yml", "docs/swagger.json", "openapi.yaml",
                           "users.seed.json", "api-docs/a.json", "README.md", "main.go"})
    EXPECT_TRUE(from(file)) << file;
}

}  // namespace
}  // namespace hone::ops
