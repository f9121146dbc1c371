// A decoder of seeded numbers says nothing of sense, but the same every time.
#include "apps/reader/decoder_reader.h"

#include <gtest/gtest.h>

#include <fstream>
#include <thread>

#include "apps/reader/built_in_reader.h"
#include "stages/model_files/tensor_writer.h"
#include "stages/network/trainable_decoder.h"
#include "tests/apps/reader/summary_vocabulary.h"

namespace pith {
namespace {

constexpr std::size_t kAnswer = 12;

class DecoderReaderTest : public testing::SummaryVocabulary {
 protected:
  static DecoderConfig config() {
    DecoderConfig config;
    config.vocab_size = pieces_->vocab_size();
    config.hidden_size = 32;
    config.num_layers = 2;
    config.num_heads = 2;
    config.num_kv_heads = 2;
    config.head_size = 16;
    config.intermediate_size = 48;
    config.max_positions = 96;
    config.tied_head = true;
    return config;
  }

  std::unique_ptr<DecoderReader> reader() const {
    const TrainableDecoder decoder(config());
    std::vector<float> parameters(decoder.layout().size());
    initialize_parameters(decoder.layout(), 0.3F, 5, parameters);
    auto serving = Decoder::from_parameters(decoder.config(), decoder.layout(), parameters);
    EXPECT_TRUE(serving);
    return std::make_unique<DecoderReader>(*serving, pieces_, DecoderReaderSettings{kAnswer, 0});
  }

  /// Writes all that open() reads.
  static std::string folder_with(const DecoderConfig& config, const std::string& settings) {
    const std::string folder =
        file("reader" + std::to_string(settings.size()) + "_" + std::to_string(config.vocab_size));
    std::filesystem::create_directories(folder);
    std::filesystem::copy_file(vocab() + "/sentencepiece.bpe.model",
                               folder + "/sentencepiece.bpe.model",
                               std::filesystem::copy_options::overwrite_existing);
    std::ofstream(folder + "/config.json") << decoder_config_text(config);
    std::ofstream(folder + "/summarizer.json") << settings;
    const TrainableDecoder decoder(config);
    std::vector<float> parameters(decoder.layout().size());
    initialize_parameters(decoder.layout(), 0.3F, 5, parameters);
    std::vector<TensorToWrite> tensors;
    for (const Parameter& each : decoder.layout().all()) {
      tensors.push_back(
          {each.name, each.shape, std::span(parameters).subspan(each.begin, each.size)});
    }
    EXPECT_TRUE(write_tensors(folder + "/model.safetensors", tensors, {}));
    return folder;
  }

  static std::string prompt(const std::string& code) {
    return "Say it.\n\nCode:\n" + code + "\n\nSentence:";
  }
  static std::vector<std::string> prompts() {
    std::vector<std::string> prompts;
    for (std::size_t i = 0; i < 40; ++i) {
      std::string code = "number " + std::to_string(i);
      for (std::size_t k = 0; k < i; ++k) code += " and more";
      prompts.push_back(prompt(code));
    }
    return prompts;
  }
};

TEST_F(DecoderReaderTest, AnswersAreTheSameAloneAndTogether) {
  const auto together = reader()->answers(prompts());
  const auto alone = reader();
  ASSERT_EQ(together.size(), prompts().size());
  std::set<std::string> different;
  for (std::size_t i = 0; i < together.size(); ++i) {
    ASSERT_TRUE(together[i]);
    const auto one = alone->answer(prompts()[i]);
    ASSERT_TRUE(one);
    EXPECT_EQ(one->text, together[i]->text);
    EXPECT_FALSE(one->cached);
    EXPECT_LE(pieces_->encode(one->text).size(), 3 * kAnswer);
    different.insert(one->text);
  }
  EXPECT_GT(different.size(), 5U) << "the text does not matter";
}

TEST_F(DecoderReaderTest, APromptIsReadOnce) {
  const auto reader = this->reader();
  const auto first = reader->answer(prompt("x = 1"));
  const auto second = reader->answer(prompt("x = 1"));
  ASSERT_TRUE(first && second);
  EXPECT_FALSE(first->cached);
  EXPECT_TRUE(second->cached);
  EXPECT_EQ(first->text, second->text);
  EXPECT_GT(second->latency_us, 0) << "of the reading";
  EXPECT_EQ(first->latency_us, second->latency_us);
}

TEST_F(DecoderReaderTest, OtherPromptsAreRefusedAndTheRestAnswered) {
  const std::string prompts[] = {prompt("a"), "Who are you?", prompt("b")};
  const auto answers = reader()->answers(prompts);
  ASSERT_EQ(answers.size(), 3U);
  EXPECT_TRUE(answers[0]);
  ASSERT_FALSE(answers[1]);
  EXPECT_EQ(answers[1].error().code, ErrorCode::kPromptTooLong);
  EXPECT_TRUE(answers[2]);
}

TEST_F(DecoderReaderTest, TextsLongerThanTheWindowAreRead) {
  std::string code;
  for (std::size_t i = 0; i < 3000; ++i) code += "line " + std::to_string(i) + "\n";
  EXPECT_TRUE(reader()->answer(prompt(code)));
}

TEST_F(DecoderReaderTest, ThreadsMayAskAtOnce) {
  const auto expected = reader()->answers(prompts());
  const auto shared = reader();
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      const auto answers = shared->answers(prompts());
      for (std::size_t i = 0; i < answers.size(); ++i) {
        EXPECT_EQ(answers[i]->text, expected[i]->text);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST_F(DecoderReaderTest, AFolderGivesWhatItsNumbersGive) {
  const std::string folder = folder_with(config(), R"({"answer_pieces": 12})");
  const auto opened = open_built_in_reader(folder);
  ASSERT_TRUE(opened) << opened.error().detail;
  EXPECT_EQ(opened->kind, BuiltInKind::kSummaries);
  EXPECT_TRUE(std::filesystem::exists(built_in_weights(folder)));
  const auto answer = opened->reader->answer(prompt("x = 1"));
  const auto expected = reader()->answer(prompt("x = 1"));
  ASSERT_TRUE(answer && expected);
  EXPECT_EQ(answer->text, expected->text);
}

TEST_F(DecoderReaderTest, WrongFoldersAreErrorsThatNameTheFile) {
  DecoderConfig other = config();
  ++other.vocab_size;
  DecoderConfig narrow = config();
  narrow.max_positions = 40;
  const std::pair<std::string, std::string> wrong[] = {
      {folder_with(config(), "{"), "summarizer.json"},
      {folder_with(config(), R"({"answer_pieces": 0})"), "summarizer.json"},
      {folder_with(config(), R"({"answer_pieces": "12"})"), "summarizer.json"},
      {folder_with(config(), R"({"answer_pieces": 12, "repeat_pieces": -1})"), "repeat_pieces"},
      {folder_with(other, R"({"answer_pieces":12})"), "vocab_size"},
      {folder_with(narrow, R"({"answer_pieces":  12})"), "max_position_embeddings"}};
  for (const auto& [folder, named] : wrong) {
    const auto opened = DecoderReader::open(folder);
    ASSERT_FALSE(opened) << folder;
    EXPECT_EQ(opened.error().code, ErrorCode::kFileUnreadable);
    EXPECT_NE(opened.error().detail.find(named), std::string::npos) << opened.error().detail;
  }
}

}  // namespace
}  // namespace pith
