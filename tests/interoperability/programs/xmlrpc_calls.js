// Makes one XML-RPC call by the package xmlrpc and prints what came back as JSON: URL METHOD PARAMETER…
const xmlrpc = require("xmlrpc");

const [url, method, ...parameters] = process.argv.slice(2);
xmlrpc.createClient({ url }).methodCall(method, parameters, (error, value) => {
  console.log(JSON.stringify(error ? { fault: error.faultCode, words: error.faultString } : { value }));
});
