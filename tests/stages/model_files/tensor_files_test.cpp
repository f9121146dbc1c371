#include "stages/model_files/tensor_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <filesystem>
#include <limits>

#include "tests/stages/model_files/safetensors_bytes.h"
#include "tests/temporary_dir.h"

namespace pith {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

std::string floats_bytes(const std::vector<float>& values) {
  std::string bytes(values.size() * 4, '\0');
  std::memcpy(bytes.data(), values.data(), bytes.size());
  return bytes;
}

std::string fault_of_folder(const std::string& folder) {
  const auto files = TensorFiles::open_folder(folder);
  if (files) return "";
  EXPECT_EQ(files.error().code, ErrorCode::kFileUnreadable);
  return files.error().detail;
}

const char* const kTwo = R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},)"
                         R"("b":{"dtype":"U8","shape":[3],"data_offsets":[8,11]}})";

TEST(TensorFiles, GivesNumbersOfTheShapeAskedFor) {
  const TemporaryDir folder;
  const std::string path = folder.file("model.safetensors");
  write_file(path, safetensors_bytes(kTwo, floats_bytes({1.5F, -2.0F}) + "xyz"));
  const auto files = TensorFiles::open_folder(folder.path());
  ASSERT_TRUE(files) << files.error().detail;
  const std::array<std::uint64_t, 1> two = {2};
  const auto values = files->floats("a", two);
  ASSERT_TRUE(values) << values.error().detail;
  EXPECT_THAT(*values, ElementsAre(1.5F, -2.0F));
  EXPECT_EQ(files->find("c"), nullptr);

  const std::array<std::uint64_t, 1> three = {3};
  const std::array<std::uint64_t, 2> flat = {2, 1};
  EXPECT_THAT(files->floats("a", three).error().detail,
              AllOf(HasSubstr(path + ": a.shape: "), HasSubstr("[2]"), HasSubstr("[3]")));
  EXPECT_FALSE(files->floats("a", flat));
  EXPECT_THAT(files->floats("b", three).error().detail, HasSubstr(path + ": b.dtype: "));
  EXPECT_THAT(files->floats("c", three).error().detail, HasSubstr(path + ": c: no such tensor"));
}

TEST(TensorFiles, NumbersThatAreNoneAreAnError) {
  const TemporaryDir folder;
  const std::string path = folder.file("model.safetensors");
  const std::array<std::uint64_t, 1> two = {2};
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  for (const float bad : {kInfinity, -kInfinity, std::numeric_limits<float>::quiet_NaN()}) {
    write_file(path, safetensors_bytes(kTwo, floats_bytes({1.5F, bad}) + "xyz"));
    const auto files = TensorFiles::open_folder(folder.path());
    ASSERT_TRUE(files) << files.error().detail;
    const auto values = files->floats("a", two);
    ASSERT_FALSE(values);
    EXPECT_THAT(values.error().detail, HasSubstr(path + ": a: a number that is not finite"));
  }
  constexpr float kMost = std::numeric_limits<float>::max();
  write_file(path, safetensors_bytes(kTwo, floats_bytes({kMost, -kMost}) + "xyz"));
  EXPECT_TRUE(TensorFiles::open_folder(folder.path())->floats("a", two));
}

TEST(TensorFiles, IndexJoinsFilesOfTheFolder) {
  const TemporaryDir folder;
  const std::string one = R"({"NAME":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})";
  const auto named = [&](const char* name) {
    std::string header = one;
    return header.replace(2, 4, name);
  };
  write_file(folder.file("m1.safetensors"), safetensors_bytes(named("a"), floats_bytes({1})));
  write_file(folder.file("m2.safetensors"), safetensors_bytes(named("b"), floats_bytes({2})));
  const std::string index = folder.file("model.safetensors.index.json");
  write_file(index, R"({"weight_map":{"b":"m2.safetensors","a":"m1.safetensors"}})");
  const auto files = TensorFiles::open_folder(folder.path());
  ASSERT_TRUE(files) << files.error().detail;
  const std::array<std::uint64_t, 1> shape = {1};
  EXPECT_THAT(*files->floats("a", shape), ElementsAre(1.0F));
  EXPECT_THAT(*files->floats("b", shape), ElementsAre(2.0F));
  const std::array<std::uint64_t, 1> wrong = {4};
  EXPECT_THAT(files->floats("b", wrong).error().detail, HasSubstr("m2.safetensors: b.shape"));

  write_file(index, R"({"weight_map":{"c":"m2.safetensors"}})");
  EXPECT_THAT(fault_of_folder(folder.path()), HasSubstr(index + ": weight_map.c: not in"));
  write_file(index, R"({"weight_map":{"c":"m3.safetensors"}})");
  EXPECT_THAT(fault_of_folder(folder.path()), HasSubstr("m3.safetensors: "));
  write_file(index, "{");
  EXPECT_THAT(fault_of_folder(folder.path()), HasSubstr(index + ": JSON: "));
}

TEST(TensorFiles, FolderWithoutWeightsSaysWhatItWouldNeed) {
  const TemporaryDir folder;
  EXPECT_THAT(fault_of_folder(folder.path()), HasSubstr("model.safetensors: no such file"));
  write_file(folder.file("pytorch_model.bin"), "x");
  EXPECT_THAT(fault_of_folder(folder.path()), HasSubstr("pytorch_model.bin is not read"));
  std::filesystem::create_directory(folder.file("model.safetensors"));
  EXPECT_THAT(fault_of_folder(folder.path()), HasSubstr("not a regular file"));
}

TEST(TensorFiles, GoldenFilesOpenWhole) {
  const std::string golden = PITH_SHARED "/golden";
  if (!std::filesystem::exists(golden)) GTEST_SKIP() << "no shared vectors here";
  std::size_t opened = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(golden)) {
    if (entry.path().extension() != ".safetensors") continue;
    const auto files = TensorFiles::open_file(entry.path());
    EXPECT_TRUE(files) << files.error().detail;
    ++opened;
  }
  EXPECT_GT(opened, 0U);
}

TEST(TensorFiles, GoldenModelInTwoFilesIsTheSame) {
  const std::string model = PITH_SHARED "/golden/models/xlm-roberta-large-tiny-a";
  if (!std::filesystem::exists(model)) GTEST_SKIP() << "no shared vectors here";
  const auto whole = TensorFiles::open_folder(model);
  ASSERT_TRUE(whole) << whole.error().detail;
  const TemporaryDir folder;
  write_in_two_files(whole->all(), folder.path());
  const auto sharded = TensorFiles::open_folder(folder.path());
  ASSERT_TRUE(sharded) << sharded.error().detail;
  ASSERT_EQ(sharded->all().size(), whole->all().size());
  for (const auto& [name, view] : whole->all()) {
    const TensorView* const other = sharded->find(name);
    ASSERT_NE(other, nullptr) << name;
    EXPECT_EQ(other->shape, view.shape) << name;
    EXPECT_TRUE(
        std::equal(view.bytes.begin(), view.bytes.end(), other->bytes.begin(), other->bytes.end()))
        << name;
  }
}

}  // namespace
}  // namespace pith
