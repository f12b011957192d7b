// @platformatic/kafka, an independent client that also speaks the consumer group protocol of KIP-848.
//   node platformatic.mjs BOOTSTRAP NAME
import assert from 'node:assert/strict';
import { Admin, Consumer, MessagesStreamModes, Producer, stringDeserializers, stringSerializers } from '@platformatic/kafka';

const [bootstrap, name] = process.argv.slice(2);
const options = { clientId: name, bootstrapBrokers: [bootstrap] };
const topic = `${name}-topic`;
const admin = new Admin(options);
await admin.createTopics({ topics: [topic], partitions: 3, replicas: 1 });

const producer = new Producer({ ...options, serializers: stringSerializers });
const expected = [];
for (const compression of ['none', 'gzip', 'snappy', 'lz4']) {
  const messages = Array.from({ length: 20 }, (_, i) => ({ topic, key: `k${i}`, value: `${compression} ${i}`, headers: { a: 'b' } }));
  await producer.send({ compression, messages });
  expected.push(...messages.map(m => m.value));
}
const idempotent = new Producer({ ...options, serializers: stringSerializers, idempotent: true });
await idempotent.send({ messages: [{ topic, key: 'k', value: 'idempotent' }] });
expected.push('idempotent');

for (const groupProtocol of ['classic', 'consumer']) {
  const consumer = new Consumer({ ...options, groupId: `${name}-${groupProtocol}`, groupProtocol, deserializers: stringDeserializers });
  const stream = await consumer.consume({ topics: [topic], mode: MessagesStreamModes.EARLIEST, sessionTimeout: 10_000, heartbeatInterval: 500 });
  const values = [];
  const patience = setTimeout(() => { throw new Error(`${groupProtocol}: only ${values.length} came`); }, 30_000);
  for await (const message of stream) {
    values.push(message.value);
    if (values.length === expected.length) break;
  }
  clearTimeout(patience);
  assert.deepEqual(values.sort(), expected.toSorted());
  await consumer.close(true);
}

await admin.deleteTopics({ topics: [topic] });
for (const client of [producer, idempotent, admin]) await client.close();
console.log('done');
process.exit(0);
