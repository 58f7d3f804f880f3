import { loadMapping, loadMappings } from "./src/mapping/load.ts";
import { withKept } from "./src/mapping/keep.ts";
const m = await loadMapping("schemas","wecom");
const raw={userid:"ZhangSan",name:"张三",department:[1,2],order:[1,2],position:"工程师",mobile:"13800000000",gender:"1",email:"a@b.c",biz_mail:"x@y.z",avatar:"http://x/0",telephone:"010-1",alias:"jack",status:1,main_department:2,direct_leader:["LiSi"],extattr:{attrs:[{type:0,name:"工号",text:{value:"7"}}]}};
const source={organization:"acme",namespace:null,unseenFields:new Set<string>()};
const input=(r:any,s=source)=>({user:{kind:"user" as const,key:"k",raw:r,departments:["1","2"],mainDepartment:"2",managers:[]},departments:[{key:"1",name:"Root",path:"Root"},{key:"2",name:"A",path:"A"}],mainDepartment:{key:"2",name:"A",path:"A"},source:s});
console.log(JSON.stringify(m.mapUser(input(raw)),null,1), m.version);
console.log(m.mapUser(input({userid:"x"},{organization:null,namespace:"ns",unseenFields:new Set(["mobile","email"])} as any)));
const i=input(raw);
for(let k=0;k<2e5;k++) m.mapUser(i);
for (let r=0;r<3;r++){ let t=process.hrtime.bigint(); for(let k=0;k<3e5;k++) m.mapUser(i); console.log(Number(process.hrtime.bigint()-t)/3e5/1e3,'µs'); }
const j=input({...raw,status:undefined}); delete (j.user.raw as any).status;
{ let t=process.hrtime.bigint(); for(let k=0;k<1e5;k++) m.mapUser(j); console.log(Number(process.hrtime.bigint()-t)/1e5/1e3,'µs no status'); }
await loadMappings("schemas");
