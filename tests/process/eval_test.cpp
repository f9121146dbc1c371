// `pith eval`, with and without a reader on a loopback port.
#include <boost/json.hpp>
#include <mutex>

#include "tests/apps/http/test_upstream.h"
#include "tests/process/harness/pith_process.h"

namespace pith::process {
namespace {

namespace json = boost::json;
using testing::RawMessage;
using testing::TestUpstream;

class EvalProcess : public ::testing::Test {
 protected:
  EvalProcess() {
    std::string lines;
    for (int i = 0; i < 12; ++i) {
      json::object record;
      record["id"] = "r" + std::to_string(i);
      record["context"] = prose(60, static_cast<unsigned>(i)) + " The lantern was lit by Marta. " +
                          prose(60, static_cast<unsigned>(100 + i));
      record["question"] = "Who lit the lantern?";
      record["answers"] = json::array{"Marta"};
      record["lang"] = "en";
      lines += json::serialize(record) + "\n";
    }
    write_file(dir_.path("qa.jsonl"), lines);
  }
  Launch launch(std::vector<std::string> more) const {
    std::vector<std::string> arguments = {
        pith_program(), "eval", "--task", "qa",      "--data", dir_.path("qa.jsonl"),
        "--rate",       "2x",   "4x",     "--draws", "100"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return {arguments, {{"XDG_CACHE_HOME", dir_.path("cache")}, {"PITH_READER_KEY", "k1"}}, ""};
  }
  Finished eval(const std::vector<std::string>& more) const {
    return run_program(launch(more), Millis(30'000));
  }
  static json::value point(const json::value& report, std::string_view name, double times) {
    for (const json::value& found : report.at("points").as_array()) {
      if (found.at("compressor").as_string() == name &&
          (!found.as_object().contains("times") ||
           found.at("times").to_number<double>() == times)) {
        return found;
      }
    }
    ADD_FAILURE() << name;
    return {};
  }
  TempDir dir_;
};

std::string saying(const RawMessage& request) {
  const bool there = request.body.find("Marta") != std::string::npos;
  return std::string(R"({"choices":[{"message":{"content":")") +
         (there ? "Marta" : "unanswerable") +
         R"("}}],"usage":{"prompt_tokens":100,"completion_tokens":2}})";
}

TEST_F(EvalProcess, NeedsNoReader) {
  const Finished table = eval({"--svg", dir_.path("plot.svg")});
  ASSERT_EQ(table.status, 0) << table.err;
  EXPECT_NE(table.out.find("answer_recall"), std::string::npos);
  EXPECT_NE(table.out.find("head+tail"), std::string::npos);
  EXPECT_NE(read_file(dir_.path("plot.svg")).find("</svg>"), std::string::npos);
  const Finished first = eval({"--json", "--seed", "7"});
  ASSERT_EQ(first.status, 0) << first.err;
  const json::value report = json::parse(first.out);
  for (const double times : {2.0, 4.0}) {
    for (const char* name : {"random", "head", "head+tail", "self-information", "oracle"}) {
      EXPECT_NEAR(point(report, name, times).at("achieved_rate").to_number<double>(), 1 / times,
                  0.02)
          << name << " at equal rate";
    }
  }
  EXPECT_EQ(
      point(report, "oracle", 4).at("scores").at("answer_recall").at("value").to_number<double>(),
      1);
}

TEST_F(EvalProcess, AsksAReaderOnceAndRemembers) {
  std::mutex mutex;
  std::string authorization;
  auto server = std::make_unique<TestUpstream>(testing::answer_each([&](const RawMessage& request) {
    const std::scoped_lock lock(mutex);
    authorization = request.field("Authorization").value_or("");
    return saying(request);
  }));
  const std::vector<std::string> flags = {
      "--json",
      "--reader",
      "http://127.0.0.1:" + std::to_string(server->port()) + "/v1",
      "--reader-model",
      "mock",
      "--records",
      dir_.path("records.jsonl")};
  const Finished first = eval(flags);
  ASSERT_EQ(first.status, 0) << first.err;
  EXPECT_EQ(authorization, "Bearer k1");
  const json::value report = json::parse(first.out);
  EXPECT_EQ(point(report, "full", 0).at("scores").at("f1").at("value").to_number<double>(), 1);
  EXPECT_EQ(point(report, "none", 0).at("scores").at("f1").at("value").to_number<double>(), 0);
  // The reader finds the name exactly when it is still there: F1 is the proxy.
  for (const char* name : {"random", "self-information"}) {
    const json::value scores = point(report, name, 4).at("scores");
    EXPECT_EQ(scores.at("f1").at("value"), scores.at("answer_recall").at("value"));
  }
  EXPECT_NE(read_file(dir_.path("records.jsonl")).find("\"answer\":\"Marta\""), std::string::npos);

  server.reset();
  const Finished again = eval(flags);
  ASSERT_EQ(again.status, 0) << "all answers are in the cache: " << again.err;
  const json::value repeated = json::parse(again.out);
  EXPECT_EQ(repeated.at("reader").at("requests").to_number<int>(), 0);
  EXPECT_EQ(point(repeated, "random", 4).at("scores"), point(report, "random", 4).at("scores"));
  EXPECT_EQ(repeated.at("differences"), report.at("differences"));
}

TEST_F(EvalProcess, TrainsAReaderAndAsksIt) {
  const Finished trained = run_program(
      {{pith_program(), "train", "reader", "--data", dir_.path("qa.jsonl"), "--out",
        dir_.path("reader"), "--epochs", "8", "--weight-bits", "14", "--unanswerable-bias", "0"},
       {},
       ""},
      Millis(60'000));
  ASSERT_EQ(trained.status, 0) << trained.err;
  const Finished asked = eval({"--json", "--reader", dir_.path("reader")});
  ASSERT_EQ(asked.status, 0) << asked.err;
  const json::value report = json::parse(asked.out);
  EXPECT_GT(point(report, "full", 0).at("scores").at("f1").at("value").to_number<double>(), 0.9);
  EXPECT_LT(point(report, "none", 0).at("scores").at("f1").at("value").to_number<double>(), 0.1);
  EXPECT_EQ(report.at("reader").at("requests").to_number<int>(), 0);
  EXPECT_NE(eval({"--reader", dir_.path("")}).status, 0) << "a folder without a reader";
}

TEST_F(EvalProcess, GoesOnAfterACeilingAndAKill) {
  std::atomic<int> num_asked{0};
  std::atomic<bool> held{false};
  TestUpstream server(testing::answer_each([&](const RawMessage& request) {
    ++num_asked;
    while (held) sleep_for(Millis(5));
    return saying(request);
  }));
  const std::vector<std::string> flags = {
      "--json",         "--reader",   "http://127.0.0.1:" + std::to_string(server.port()),
      "--reader-model", "mock",       "--policy",
      "ngram-en",       "--baseline", "random",
      "head",           "oracle",     "self-information",
      "--concurrency",  "1"};
  auto with_ceiling = flags;
  with_ceiling.insert(with_ceiling.end(), {"--max-requests", "50"});
  const Finished stopped = eval(with_ceiling);
  EXPECT_EQ(stopped.status, 1);
  EXPECT_NE(stopped.err.find("ceiling of 50"), std::string::npos) << stopped.err;
  EXPECT_EQ(num_asked, 50);
  // 12 prompts a record, duplicates cached: whole records only.
  EXPECT_GE(json::parse(stopped.out).at("records").at("measured").to_number<int>(), 4);
  EXPECT_LT(json::parse(stopped.out).at("records").at("measured").to_number<int>(), 12);

  held = true;
  {
    Child child(launch(flags));
    EXPECT_TRUE(eventually([&] { return num_asked == 51; }));
    child.signal(SIGKILL);
    child.wait(Millis(5000));
  }
  held = false;
  const int before = num_asked;
  const Finished rest = eval(flags);
  ASSERT_EQ(rest.status, 0) << rest.err;
  const json::value report = json::parse(rest.out);
  EXPECT_EQ(report.at("records").at("measured").to_number<int>(), 12);
  EXPECT_EQ(report.at("reader").at("requests").to_number<int>(), num_asked - before);
  EXPECT_LT(num_asked - before, 12 * 12 - 49) << "what was answered is not asked again";
}

TEST_F(EvalProcess, WrongUsageIsStatusTwo) {
  EXPECT_EQ(eval({"--policy", "no-such-policy"}).status, 2);
  EXPECT_EQ(eval({"--rate", "fast"}).status, 2);
  EXPECT_EQ(eval({"--metric", "f1"}).status, 2) << "not without a reader";
  EXPECT_EQ(eval({"--against", "nobody"}).status, 2);
  EXPECT_EQ(eval({"--reader", "http://127.0.0.1:9"}).status, 2) << "no model";
  EXPECT_EQ(eval({"--source", "nowhere"}).status, 2);
  TestUpstream server(testing::respond_each([](const RawMessage&) {
    return std::string("HTTP/1.1 401 No\r\ncontent-length: 2\r\n\r\n{}");
  }));
  const Finished refused = eval(
      {"--reader", "http://127.0.0.1:" + std::to_string(server.port()), "--reader-model", "mock"});
  EXPECT_EQ(refused.status, 2);
  EXPECT_NE(refused.err.find("401"), std::string::npos);
  EXPECT_EQ(refused.err.find("lantern"), std::string::npos) << "no prompt text in errors";
}

}  // namespace
}  // namespace pith::process
