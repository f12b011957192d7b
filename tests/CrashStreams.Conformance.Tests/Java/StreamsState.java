import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.*;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.*;
import org.apache.kafka.clients.consumer.*;
import org.apache.kafka.clients.producer.*;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.*;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.serialization.*;

/**
 * Leaves in a broker what a Kafka Streams application has written when it stops, or reads it: topics, records byte for byte, committed offsets. Commands come as lines of words; bytes in hexadecimal digits, "-" for
 * null. Prints "end" when it has come to that command.
 */
public final class StreamsState {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    public static void main(String[] args) throws Exception {
        var servers = Map.<String, Object>of("bootstrap.servers", args[0]);
        try (var admin = Admin.create(servers);
             var producer = new KafkaProducer<>(servers, new ByteArraySerializer(), new ByteArraySerializer());
             var input = new Scanner(System.in)) {
            while (input.hasNextLine()) {
                var words = input.nextLine().split(" ");
                switch (words[0]) {
                    case "create" -> create(admin, words[1], words.length > 2 ? Map.of("cleanup.policy", words[2], "retention.ms", "-1") : Map.of("retention.ms", "-1"));
                    case "record" -> {
                        var record = new ProducerRecord<>(words[1], 0, words[4].equals("-") ? null : Long.valueOf(words[4]), bytes(words[2]), bytes(words[3]));
                        for (var i = 5; i + 1 < words.length; i += 2)
                            record.headers().add(new RecordHeader(words[i], bytes(words[i + 1])));
                        producer.send(record).get();
                    }
                    case "commit" -> admin.alterConsumerGroupOffsets(words[1], Map.of(
                        new TopicPartition(words[2], 0), new OffsetAndMetadata(Long.parseLong(words[3]), partitionTime(Long.parseLong(words[4]))))).all().get();
                    case "read" -> read(servers, words[1]);
                    case "delete" -> delete(admin, words[1]);
                    case "end" -> {
                        System.out.println("end");
                        System.out.flush();
                    }
                    default -> throw new IllegalArgumentException(words[0]);
                }
            }
        }
    }

    private static void create(Admin admin, String topic, Map<String, String> configs) throws Exception {
        var created = admin.createTopics(List.of(new NewTopic(topic, 1, (short) 1).configs(configs)));
        var id = created.topicId(topic).get();
        // The controller has it; the broker's metadata follow.
        var deadline = System.nanoTime() + PATIENCE.toNanos();
        while (!id.equals(idOf(admin, topic))) {
            if (System.nanoTime() > deadline)
                throw new IllegalStateException(topic + " is not there");
            Thread.sleep(20);
        }
    }

    private static Object idOf(Admin admin, String topic) throws Exception {
        try {
            return admin.describeTopics(List.of(topic)).allTopicNames().get().get(topic).topicId();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof UnknownTopicOrPartitionException)
                return null;
            throw e;
        }
    }

    /** What Kafka Streams commits with an offset: the second version of its format, and the highest time of the partition. */
    private static String partitionTime(long timestamp) {
        return Base64.getEncoder().encodeToString(ByteBuffer.allocate(9).put((byte) 2).putLong(timestamp).array());
    }

    /** Every record of a topic's committed part, a line each. */
    private static void read(Map<String, Object> servers, String topic) {
        var settings = new HashMap<>(servers);
        settings.put("isolation.level", "read_committed");
        try (var consumer = new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            var partition = new TopicPartition(topic, 0);
            consumer.assign(List.of(partition));
            consumer.seekToBeginning(List.of(partition));
            var end = consumer.endOffsets(List.of(partition)).get(partition);
            var deadline = System.nanoTime() + PATIENCE.toNanos();
            while (consumer.position(partition) < end) {
                if (System.nanoTime() > deadline)
                    throw new IllegalStateException(topic + ": " + consumer.position(partition) + " of " + end);
                for (var record : consumer.poll(Duration.ofMillis(200)))
                    System.out.println(topic + " " + hex(record.key()) + " " + hex(record.value()) + " " + record.timestamp());
            }
        }
    }

    private static void delete(Admin admin, String prefix) throws Exception {
        for (var topic : admin.listTopics().names().get()) {
            if (topic.equals(prefix) || prefix.endsWith("-") && topic.startsWith(prefix))
                admin.deleteTopics(List.of(topic)).all().get();
        }
        var deadline = System.nanoTime() + PATIENCE.toNanos();
        while (admin.listTopics().names().get().contains(prefix)) {
            if (System.nanoTime() > deadline)
                throw new IllegalStateException(prefix + " is still there");
            Thread.sleep(20);
        }
    }

    private static byte[] bytes(String hex) {
        return hex.equals("-") ? null : HexFormat.of().parseHex(hex);
    }

    private static String hex(byte[] bytes) {
        return bytes == null ? "-" : HexFormat.of().formatHex(bytes);
    }
}
